/** Who subscribed to what, found by the levels of a topic and not by looking at every filter. */
export interface Trie<K, V> {
  set(filter: string, key: K, value: V): void;
  delete(filter: string, key: K): void;
  /** Every key whose filter fits, once for each of its filters that does. */
  match(topic: string): [K, V][];
  /** How many keys there are, each counted once for each of its filters. */
  readonly size: number;
}

interface Node<K, V> {
  readonly below: Map<string, Node<K, V>>;
  readonly here: Map<K, V>;
}

/**
 * `+` is any one level, `#` all levels below: unlike in the MQTT specification `a/#` does not fit `a`.
 * Filters that begin with a wildcard do not fit topics that begin with `$`.
 */
export function createTrie<K, V>(): Trie<K, V> {
  const root = newNode<K, V>();
  let size = 0;

  const remove = (node: Node<K, V>, levels: readonly string[], depth: number, key: K): void => {
    const level = levels[depth];
    if (level === undefined) {
      if (node.here.delete(key)) size--;
      return;
    }
    const next = node.below.get(level);
    if (!next) return;
    remove(next, levels, depth + 1, key);
    if (next.here.size === 0 && next.below.size === 0) node.below.delete(level);
  };

  return {
    set(filter, key, value) {
      let node = root;
      for (const level of filter.split("/")) {
        let next = node.below.get(level);
        if (!next) node.below.set(level, (next = newNode()));
        node = next;
      }
      if (!node.here.has(key)) size++;
      node.here.set(key, value);
    },
    delete: (filter, key) => remove(root, filter.split("/"), 0, key),
    match(topic) {
      const found: [K, V][] = [];
      if (size === 0) return found;
      const levels = topic.split("/");
      const visit = (node: Node<K, V>, depth: number): void => {
        const level = levels[depth];
        if (level === undefined) {
          found.push(...node.here);
          return;
        }
        const literal = node.below.get(level);
        if (literal) visit(literal, depth + 1);
        if (depth === 0 && level.startsWith("$")) return;
        const any = node.below.get("+");
        if (any) visit(any, depth + 1);
        const all = node.below.get("#");
        if (all) found.push(...all.here);
      };
      visit(root, 0);
      return found;
    },
    get size() {
      return size;
    },
  };
}

function newNode<K, V>(): Node<K, V> {
  return { below: new Map(), here: new Map() };
}
