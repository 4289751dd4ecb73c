// Segment's contract: a handler for each type of event. An insert function returns the event.
async function onTrack(event, settings) {
  const response = await fetch(`${settings.url}/plans/${event.properties.plan}`);
  if (response.status >= 500) throw new RetryError(`the service answered ${response.status}`);
  event.properties.price = (await response.json()).price;
  return event;
}
