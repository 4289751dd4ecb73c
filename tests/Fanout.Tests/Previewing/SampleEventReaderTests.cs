using System.Text;
using System.Text.Json;
using Cdp.Destinations;
using Cdp.Destinations.Tests;
using Cdp.Fanout.Previewing;

namespace Cdp.Fanout.Tests.Previewing;

public sealed class SampleEventReaderTests
{
    [Fact]
    public void Read_EventAsWritten_IsTheSame()
    {
        var json = EventJson.Write(SampleEvents.Event("p1", "m1", envelope =>
        {
            envelope.anonymousId = "é";
            envelope.properties = """{ "total" : 1.50, "b":"\u00e9" }""";
            envelope.context = """{"ip":"::1"}""";
            envelope.integrations = """{"crm":false}""";
            envelope.extra = """{"_metadata":{"x": 1.0}}""";
            envelope.sentAt = SampleEvents.Noon.AddMilliseconds(5);
        }));
        List<string> faults = [];
        var read = SampleEventReader.Read(JsonElement.Parse(json), "default", DateTime.UnixEpoch, faults);
        Assert.Empty(faults);
        Assert.Equal(Encoding.UTF8.GetString(json), Encoding.UTF8.GetString(EventJson.Write(read)));
    }

    [Fact]
    public void Read_OnlyAType_HasDefaults()
    {
        List<string> faults = [];
        var read = SampleEventReader.Read(JsonElement.Parse("""{"type":"page","name":null}"""), "m", SampleEvents.Noon, faults);
        Assert.Empty(faults);
        var envelope = read.validated.envelope;
        Assert.Equal(("m", "page", "preview"), (envelope.messageId, envelope.type, read.profileId));
        Assert.Equal((SampleEvents.Noon, SampleEvents.Noon), (envelope.timestamp, envelope.receivedAt));
        Assert.Null(envelope.extra);
    }

    [Fact]
    public void Read_InvalidMembers_ReportsEachFault()
    {
        List<string> faults = [];
        SampleEventReader.Read(
            JsonElement.Parse("""{"type":"click","userId":5,"properties":[],"timestamp":"yesterday"}"""), "m", SampleEvents.Noon, faults);
        Assert.Equal(
            [
                "event.userId must be a string", "event.properties must be an object",
                "event.type is 'click'; it must be one of track, identify, page, screen, group, alias, merge",
                "event.timestamp is 'yesterday'; it must be a time such as 2026-01-01T00:00:00Z",
            ],
            faults);
    }
}
