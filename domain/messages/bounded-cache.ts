/**
 * Remembers the results of a pure function of a text for the last `capacity` to 2 × `capacity` distinct texts: two generations, the older one dropped when
 * the younger is full. Cheaper than a list of least recent use, and as bounded.
 */
export function createBoundedCache<Result>(capacity: number): (key: string, compute: () => Result) => Result {
  let young = new Map<string, Result>();
  let old = new Map<string, Result>();
  return (key, compute) => {
    const known = young.get(key);
    if (known !== undefined) return known;
    const result = old.get(key) ?? compute();
    if (young.size >= capacity) {
      old = young;
      young = new Map();
    }
    young.set(key, result);
    return result;
  };
}
