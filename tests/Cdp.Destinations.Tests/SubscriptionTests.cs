using Xunit;

namespace Cdp.Destinations.Tests;

public sealed class SubscriptionTests
{
    [Theory]
    [InlineData("", "", "track", "A", null, true)]
    [InlineData("track,page", "", "page", null, null, true)]
    [InlineData("track", "", "page", null, null, false)]
    [InlineData("", "A,B", "track", "B", null, true)]
    [InlineData("", "A,B", "track", "C", null, false)]
    [InlineData("", "A", "track", null, null, false)]
    [InlineData("", "A", "identify", null, null, true)]
    [InlineData("track", "A", "identify", null, null, false)]
    [InlineData("", "", "track", "A", "{}", true)]
    [InlineData("", "", "track", "A", """{"All":true}""", true)]
    [InlineData("", "", "track", "A", """{"All":false}""", false)]
    [InlineData("", "", "track", "A", """{"All":false,"crm":true}""", true)]
    [InlineData("", "", "track", "A", """{"All":false,"crm":{"option":1}}""", true)]
    [InlineData("", "", "track", "A", """{"All":false,"crm":null}""", false)]
    [InlineData("", "", "track", "A", """{"crm":false}""", false)]
    [InlineData("", "", "track", "A", """{"All":true,"crm":false}""", false)]
    [InlineData("", "", "track", "A", """{"other":false}""", true)]
    [InlineData("", "", "track", "A", "[]", true)]
    [InlineData("track", "A", "track", "A", """{"crm":false}""", false)]
    public void Route_Event_ReturnsWhetherItIsWantedAndAllowed(string types, string names, string type, string? name, string? integrations, bool expected)
    {
        var identified = SampleEvents.Event("p", "m", envelope => (envelope.type, envelope.@event, envelope.integrations) = (type, name, integrations));
        Assert.Equal(expected, Subscription.Route(identified, new Subscription("crm", Set(types), Set(names))));
    }

    private static HashSet<string> Set(string list) => [.. list.Split(',', StringSplitOptions.RemoveEmptyEntries)];
}
