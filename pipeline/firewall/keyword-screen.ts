import type { MessageSubmitted } from "#domain/events/message-submitted.ts";
import { createKeywordMatcher, type KeywordMatcher } from "#domain/firewall/keyword-matcher.ts";
import { readings } from "#domain/firewall/normalise-text.ts";
import type { FirewallRules, KeywordRule } from "#domain/firewall/rules.ts";
import type { TenantConfiguration } from "#domain/tenants/tenant.ts";

/** What a verdict names instead of the tenant's keyword itself, which would tell of the text. */
const TENANT_RULE_ID = "tenant.keyword";

export interface KeywordScreen {
  /** The first rule that the text breaks, the platform's before the tenant's. */
  find(message: MessageSubmitted, rules: FirewallRules, tenant: TenantConfiguration): KeywordRule | null;
}

/** Compiles each set of rules once, when it is first met; it is forgotten together with the configuration it came from. */
export function createKeywordScreen(): KeywordScreen {
  const ofPlatform = new WeakMap<FirewallRules, KeywordMatcher>();
  const ofTenant = new WeakMap<TenantConfiguration, KeywordMatcher>();
  return {
    find(message, rules, tenant) {
      const platform = compiled(ofPlatform, rules, () => rules.keywords);
      const own = compiled(ofTenant, tenant, () => tenantRules(tenant));
      if (platform.isEmpty && own.isEmpty) return null;
      const text = message.encoding === "binary" ? "" : message.text;
      const textReadings = readings(text);
      return platform.find(textReadings) ?? own.find(textReadings);
    },
  };
}

function compiled<Source extends object>(
  matchers: WeakMap<Source, KeywordMatcher>,
  source: Source,
  rules: () => readonly KeywordRule[],
): KeywordMatcher {
  let matcher = matchers.get(source);
  if (matcher === undefined) {
    matcher = createKeywordMatcher(rules());
    matchers.set(source, matcher);
  }
  return matcher;
}

function tenantRules(tenant: TenantConfiguration): readonly KeywordRule[] {
  return tenant.firewall.blockedKeywords.map((keyword) => ({
    id: TENANT_RULE_ID,
    keyword,
    severity: "medium",
  }));
}
