/** The part of fs-native-extensions that we use; the package ships no types. */
declare module "fs-native-extensions" {
  const native: {
    /** Lock the whole file for this process, at once or not at all. */
    tryLock(descriptor: number): boolean;
    /** Let go of what `tryLock` has locked. */
    unlock(descriptor: number): void;
  };
  export default native;
}
