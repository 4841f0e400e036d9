import { findKeyPair, type KeyPairPem, type KeyPool } from "../lib/sandbox/pki/key-pool.js";

/** As many as a test has at once, and then the first again: certificates differ by more than their keys. */
const MOST = 16;

const found: Promise<KeyPairPem>[] = [];
let next = 0;

/** Keys for sandboxes in tests: real ones, each found once for all files that this process runs. */
export const readyKeys: KeyPool = {
  take() {
    const at = next++ % MOST;
    return (found[at] ??= findKeyPair());
  },
};
