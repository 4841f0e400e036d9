/** Bounds how many bytes of bodies are held at once; who finds no room waits in line. */
export interface Gate {
  /** Wait for room, and get a function that gives it back. @param bytes at most all there is */
  enter(bytes: number): Promise<() => void>;
}

export function createGate(room: number): Gate {
  let free = room;
  const line: { readonly bytes: number; readonly enter: () => void }[] = [];

  const admit = (): void => {
    for (let next = line[0]; next && next.bytes <= free; next = line[0]) {
      line.shift();
      free -= next.bytes;
      next.enter();
    }
  };

  return {
    async enter(wanted) {
      const bytes = Math.min(wanted, room);
      await new Promise<void>((resolve) => {
        line.push({ bytes, enter: resolve });
        admit();
      });
      let isIn = true;
      return () => {
        if (isIn) free += bytes;
        isIn = false;
        admit();
      };
    },
  };
}
