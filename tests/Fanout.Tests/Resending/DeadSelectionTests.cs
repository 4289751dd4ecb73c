using cdp;
using Cdp.Destinations.Tests;
using Cdp.Fanout.History;
using Cdp.Fanout.Resending;

namespace Cdp.Fanout.Tests.Resending;

public sealed class DeadSelectionTests
{
    private static readonly Period Period = new(SampleEvents.Noon, SampleEvents.Noon.AddHours(1));

    [Theory]
    [InlineData("crm", null, 0, true)]
    [InlineData("crm", null, 59, true)]
    [InlineData("crm", null, 60, false)]
    [InlineData("crm", null, -1, false)]
    [InlineData("other", null, 0, false)]
    [InlineData("crm", "503", 0, true)]
    [InlineData("crm", "500", 0, false)]
    [InlineData("crm", "SERVICE", 0, true)]
    [InlineData("crm", "no such field", 0, false)]
    public void Matches_DestinationTimeAndReason_MustAllFit(string destination, string? reason, int minutes, bool matches)
    {
        var dead = Dead(503, "HTTP 503 service 500 unavailable");
        dead.diedAt = SampleEvents.Noon.AddMinutes(minutes);
        Assert.Equal(matches, new DeadSelection(destination, reason).Matches(dead, Period));
    }

    [Fact]
    public void Of_DeadDelivery_KeepsEventActionAndOriginAndNamesThePosition()
    {
        var dead = Dead(503, "x");
        var at = new RecordPosition { topic = "cdp.deliveries.dead", partition = 1, offset = 7 };
        var request = DeliveryRequests.Of(dead, at, "job", SampleEvents.Noon);
        Assert.Equal(
            ("crm", "p", "order", "job", SampleEvents.Noon),
            (request.destinationId, request.profileId, request.action, request.job, request.requestedAt));
        Assert.Same(dead.@event, request.@event);
        Assert.Same(dead.origin, request.origin);
        Assert.Same(at, request.deadAt);
    }

    private static DeadDelivery Dead(int? status, string reason) => new()
    {
        destinationId = "crm",
        profileId = "p",
        messageId = "m",
        action = "order",
        status = status,
        reason = reason,
        @event = SampleEvents.Event("p", "m"),
        origin = new RecordPosition { topic = "cdp.events.identified", partition = 1, offset = 3 },
        diedAt = SampleEvents.Noon,
    };
}
