using System.Text;
using Cdp.Destinations;

namespace Cdp.Fanout.Tests;

public sealed class EventJsonTests
{
    [Fact]
    public void Write_Event_HasSegmentsShapeAndTheSendersJsonAsItWas()
    {
        var identified = Records.Event("p1", "m1", envelope =>
        {
            envelope.anonymousId = "é";
            envelope.properties = """{ "total" : 1.50, "b":"\u00e9" }""";
            envelope.context = """{"ip":"::1"}""";
            envelope.extra = """{"profileId":"forged","_metadata":{"x": 1.0}}""";
            envelope.sentAt = Records.Noon.AddMilliseconds(5);
        });
        Assert.Equal(
            """{"messageId":"m1","type":"track","profileId":"p1","sourceId":"web","userId":"u1","anonymousId":"é","event":"Order Completed","properties":{ "total" : 1.50, "b":"\u00e9" },"context":{"ip":"::1"}""" +
            ""","sentAt":"2026-03-01T12:00:00.005Z","receivedAt":"2026-03-01T12:00:00Z","timestamp":"2026-03-01T12:00:00Z","_metadata":{"x": 1.0}}""",
            Encoding.UTF8.GetString(EventJson.Write(identified)));
    }
}
