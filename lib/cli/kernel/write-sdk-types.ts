// node lib/dist/cli/kernel/write-sdk-types.js: a step of `npm run build`.

import { writeSdkTypes } from "./sdk-types.js";

writeSdkTypes();
