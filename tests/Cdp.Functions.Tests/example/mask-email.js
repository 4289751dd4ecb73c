import { hashEmail } from 'pii';

// RudderStack's contract: one event in; an event, several, or null out.
export function transformEvent(event, metadata) {
  if (event.type === 'page') return null;
  const email = _.get(event, 'context.traits.email');
  if (email !== undefined) {
    if (!email.includes('@')) throw new Error(`not an address: ${email}`);
    _.set(event, 'context.traits.email', hashEmail(email));
    log('masked', event.messageId);
  }
  event.context.source = metadata(event).sourceName;
  return event;
}
