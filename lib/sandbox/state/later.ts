/** What belongs to the transaction that runs, and is done later than at once. */
export interface Later {
  /** As its last part: what `work` changes is kept, or undone, with the rest. */
  atEnd(work: () => void): void;
  /** Something that belongs to it, made when it is first asked for. */
  during<T>(name: string, make: () => T): T;
  /** Do a part of it that may fail: then nothing of that part is left, and the rest goes on. @throws what `work` throws */
  attempt<T>(work: () => T): T;
  /** Once it is kept: what somebody may be told now. Never, when it is undone or cannot be kept. */
  onceKept(work: () => void): void;
}
