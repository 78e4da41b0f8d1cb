/** What suspensions ask of invoices. Throws Unavailable when PostgreSQL cannot be reached. */
export interface OverdueInvoices {
  /** Numbers of the tenant's invoices that are not paid whole although their due day has ended in its zone at `now` (epoch ms), oldest first. */
  overdue(tenantId: string, now: number): Promise<readonly string[]>;
}
