using cdp;
using Cdp.Contracts;
using Cdp.Destinations.Tests;
using Cdp.Streaming.Records;

namespace Cdp.Fanout.Tests;

/// <summary>Events as the service receives them.</summary>
internal static class Records
{
    public const string TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    public static DateTime Noon => SampleEvents.Noon;

    public static IdentifiedEvent Event(string profileId, string messageId, Action<Event>? change = null) => SampleEvents.Event(profileId, messageId, change);

    public static Incoming At(long offset, Avro.Specific.ISpecificRecord value, int partition = 0) =>
        new(
            Topics.EventsIdentified,
            new RecordPosition { topic = "cdp.events.identified", partition = partition, offset = offset },
            null,
            value,
            Noon,
            TraceParent);
}
