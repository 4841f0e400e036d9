// Runs around every test file. Files share a process: what one has changed in it, the next would meet.

import { afterAll } from "vitest";
import { stopListening } from "../lib/cli/bootstrap/processes.mjs";

// A program that was run has the process listen for signals; the next file may play with them.
afterAll(() => stopListening());
