/** How a learner gets out of a store that cannot be read. */
const EMPTY_IT = "empty it and begin again: npm run sandbox -- --reset --yes";

/** The store on disk cannot be used as it is. The message is for whoever runs the sandbox. */
export class StoreError extends Error {
  override readonly name: string = "StoreError";
  /** What is wrong, in a sentence. */
  readonly told: string;
  /** What to do, in a line. */
  readonly wayOut: string;
  constructor(told: string, wayOut: string, options?: ErrorOptions) {
    super(`${told} ${wayOut}`, options);
    this.told = told;
    this.wayOut = wayOut;
  }
}

/** The store on disk was written by another version of the sandbox. */
export class StoreVersionError extends StoreError {
  override readonly name = "StoreVersionError";
  constructor(path: string, found: unknown, readable: number) {
    super(
      `The sandbox's data in ${path} has version ${String(found)}, this sandbox reads version ${readable}.`,
      `Use the Fleetlab that wrote it, or ${EMPTY_IT}`,
    );
  }
}

/** Something that was acknowledged is not there any more, or not as it was written. */
export class StoreDamagedError extends StoreError {
  override readonly name = "StoreDamagedError";
  /** @param what what is wrong with which file, as the middle of a sentence */
  constructor(path: string, what: string, options?: ErrorOptions) {
    super(
      `The sandbox's data in ${path} is damaged: ${what}. Nothing in it was changed.`,
      `Put back a copy of that folder if you have one, or ${EMPTY_IT}`,
      options,
    );
  }
}

/** An older Fleetlab has begun a store of its own beside ours. */
export class StoreTwiceError extends StoreError {
  override readonly name = "StoreTwiceError";
  constructor(path: string, ours: string, former: string) {
    super(
      `Two stores are in ${path}: ${ours}, of this Fleetlab, and ${former}, of an older one that has run here since.`,
      `Delete ${former} to go on with the first, or ${ours} and all else for the second.`,
    );
  }
}

/** The operating system does not let us read or write the store. */
export class StoreAccessError extends StoreError {
  override readonly name = "StoreAccessError";
  constructor(path: string, cause: NodeJS.ErrnoException) {
    const { told, wayOut } = reasons[cause.code ?? ""] ?? {
      told: cause.message,
      wayOut: "Mend that",
    };
    super(
      `The sandbox cannot use its data in ${path}: ${told}.`,
      `${wayOut}, then start it again. What it has acknowledged stays there.`,
      { cause },
    );
  }
}

const notAllowed = {
  told: "this user may not read and write there",
  wayOut: "Give the folder and all in it to the user who runs the sandbox (chown, chmod)",
};
const isFull = { told: "the disk is full", wayOut: "Free some space" };

/** What system errors mean here, by code. */
const reasons: Readonly<Record<string, { readonly told: string; readonly wayOut: string }>> = {
  EACCES: notAllowed,
  EPERM: notAllowed,
  EROFS: { told: "the disk can only be read", wayOut: "Mount it so that it can be written" },
  ENOSPC: isFull,
  EDQUOT: isFull,
  EFBIG: { told: "a file would be larger than this disk or user may have", wayOut: "Allow more" },
  EIO: { told: "the disk reports errors", wayOut: "Check the disk" },
  EMFILE: { told: "too many files are open", wayOut: "Allow more (ulimit -n)" },
};

/** Something else is where a file or folder of the store must be. */
const MISPLACED = new Set(["EISDIR", "ENOTDIR", "EEXIST", "ENOENT", "ELOOP"]);

/** What the file system has said about the store in `path`, said for whoever reads it; other errors as they are. */
export function asStoreError(path: string, error: unknown): unknown {
  const { syscall, code, message } = error as NodeJS.ErrnoException;
  if (!(error instanceof Error) || syscall === undefined) return error;
  if (MISPLACED.has(code ?? "")) return new StoreDamagedError(path, message, { cause: error });
  return new StoreAccessError(path, error);
}
