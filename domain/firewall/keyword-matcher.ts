import { normaliseText, readings } from "./normalise-text.ts";
import type { KeywordRule } from "./rules.ts";

export interface KeywordMatcher {
  /** True when no rule can ever match: the caller need not read the text. */
  readonly isEmpty: boolean;
  /** The rule whose keyword ends first in the first reading that holds one; null if none does. */
  find(textReadings: readonly string[]): KeywordRule | null;
}

/** These scripts put no space between words, so their keywords match anywhere. */
const UNSPACED_SCRIPT =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

interface State {
  readonly next: Map<number, State>;
  /** Where to go on when `next` lacks the character: the longest proper suffix that begins some keyword. */
  fallback: State | null;
  rule: KeywordRule | null;
}

/**
 * Compiles all keywords into one automaton (Aho and Corasick, 1975): a text is read once however many rules there are. A keyword
 * matches whole words only, so that "cialis" does not block a specialist; "casino*" also matches "casinos". One that normalises to nothing never matches.
 */
export function createKeywordMatcher(rules: readonly KeywordRule[]): KeywordMatcher {
  const root: State = { next: new Map(), fallback: null, rule: null };
  for (const rule of rules) insert(root, rule);
  link(root);
  return {
    isEmpty: root.next.size === 0,
    find(textReadings) {
      for (const reading of textReadings) {
        const rule = search(root, reading);
        if (rule !== null) return rule;
      }
      return null;
    },
  };
}

/** Whether `keyword` occurs in `text` as the firewall reads both. */
export function holdsKeyword(text: string, keyword: string): boolean {
  const matcher = createKeywordMatcher([{ id: "keyword", keyword, severity: "low" }]);
  return matcher.find(readings(text)) !== null;
}

function pattern(keyword: string): string {
  const words = normaliseText(keyword);
  if (words.trim() === "") return "";
  if (UNSPACED_SCRIPT.test(words)) return words.trim();
  return keyword.trimEnd().endsWith("*") ? words.trimEnd() : words;
}

function insert(root: State, rule: KeywordRule): void {
  let state = root;
  const letters = pattern(rule.keyword);
  if (letters === "") return;
  for (let index = 0; index < letters.length; index += 1) {
    const code = letters.charCodeAt(index);
    let next = state.next.get(code);
    if (next === undefined) {
      next = { next: new Map(), fallback: root, rule: null };
      state.next.set(code, next);
    }
    state = next;
  }
  state.rule ??= rule;
}

/** Breadth first, so that the fallback of every shorter prefix is known before it is needed. */
function link(root: State): void {
  const queue: State[] = [...root.next.values()];
  for (let head = 0; head < queue.length; head += 1) {
    const state = queue[head]!;
    for (const [code, child] of state.next) {
      child.fallback = step(state.fallback ?? root, code, root);
      child.rule ??= child.fallback.rule;
      queue.push(child);
    }
  }
}

function step(from: State, code: number, root: State): State {
  let state: State | null = from;
  while (state !== null) {
    const next = state.next.get(code);
    if (next !== undefined) return next;
    state = state.fallback;
  }
  return root;
}

function search(root: State, text: string): KeywordRule | null {
  let state = root;
  for (let index = 0; index < text.length; index += 1) {
    state = step(state, text.charCodeAt(index), root);
    if (state.rule !== null) return state.rule;
  }
  return null;
}
