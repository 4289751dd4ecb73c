using System.Text.Json;
using Cdp.Destinations.Fields;
using Cdp.Destinations.Filters;
using Cdp.Destinations.Fql;
using Cdp.Destinations.Mapping;
using Cdp.Destinations.Routing;
using Xunit;

namespace Cdp.Destinations.Tests.Routing;

public sealed class RouterTests
{
    [Theory]
    [InlineData(null, "triggered")]
    [InlineData("{}", "triggered")]
    [InlineData("""{"All":true}""", "triggered")]
    [InlineData("""{"All":false}""", "filtered")]
    [InlineData("""{"All":false,"crm":true}""", "triggered")]
    [InlineData("""{"All":false,"crm":{"option":1}}""", "triggered")]
    [InlineData("""{"All":false,"crm":null}""", "filtered")]
    [InlineData("""{"crm":false}""", "filtered")]
    [InlineData("""{"All":true,"crm":false}""", "filtered")]
    [InlineData("""{"other":false}""", "triggered")]
    [InlineData("[]", "triggered")]
    public void Route_Integrations_ExcludeTheDestinationOrDoNot(string? integrations, string expected)
    {
        var routed = new Router("crm", [Action("", "all")]).Route(SampleEvents.Event("p", "m", envelope => envelope.integrations = integrations));
        Assert.Equal(expected, routed switch { RoutedEvent.Triggered => "triggered", RoutedEvent.Filtered => "filtered", _ => "not subscribed" });
    }

    [Fact]
    public void Route_SeveralActionsMatch_TriggersEachInOrderWithItsFields()
    {
        var mapping = EventMapping.Parse(JsonElement.Parse("""{"id": {"@path": "$.messageId"}}"""));
        var orders = new ActionRoute("orders", FqlExpression.Parse("event = \"Order Completed\""), mapping);
        var router = new Router("crm", [Action("all", "all"), Action("pages", "type = \"page\""), orders]);
        var triggered = Assert.IsType<RoutedEvent.Triggered>(router.Route(SampleEvents.Event("p", "m")));
        Assert.Equal(["all", "orders"], triggered.Actions.Select(action => action.Action));
        Assert.Equal("""{"id":"m"}""", triggered.Actions[1].Payload.ToJson());
        var only = Assert.IsType<RoutedEvent.Triggered>(router.Route(SampleEvents.Event("p", "m"), only: "orders"));
        Assert.Equal(["orders"], only.Actions.Select(action => action.Action));
    }

    [Fact]
    public void Route_Filter_DropsOrChangesWhatAnActionSubscribesTo()
    {
        var errors = new List<string>();
        var filter = EventFilter.Parse(JsonElement.Parse("""[{"if": "event = \"Secret\"", "drop": true}, {"drop_properties": {"": ["userId"]}}]"""), errors);
        Assert.Empty(errors);
        var router = new Router("crm", [Action("", "all")], filter);
        Assert.IsType<RoutedEvent.Filtered>(router.Route(SampleEvents.Event("p", "m", envelope => envelope.@event = "Secret")));
        var triggered = Assert.IsType<RoutedEvent.Triggered>(router.Route(SampleEvents.Event("p", "m")));
        Assert.True(Assert.Single(triggered.Actions).Payload.Member("userId").IsMissing);
    }

    [Fact]
    public void Route_FieldsThatAreNotValid_TriggerTheActionWithTheFaults()
    {
        var errors = new List<string>();
        var fields = FieldSchema.Parse(JsonElement.Parse("""{"email": {"type": "string", "required": true}}"""), errors)!;
        var router = new Router("crm", [new ActionRoute("", FqlExpression.Parse("all"), fields.Mapping(null, errors), fields)]);
        Assert.Empty(errors);
        var triggered = Assert.IsType<RoutedEvent.Triggered>(router.Route(SampleEvents.Event("p", "m")));
        Assert.Contains("/email", Assert.Single(triggered.Actions).Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Route_NoActionMatches_IsNotSubscribed()
    {
        var excluded = SampleEvents.Event("p", "m", envelope => envelope.integrations = """{"crm":false}""");
        Assert.IsType<RoutedEvent.NotSubscribed>(new Router("crm", [Action("", "type = \"page\"")]).Route(excluded));
    }

    [Theory]
    [InlineData("type = \"page\"", false)]
    [InlineData("event = \"Order Completed\"", true)]
    [InlineData("event = \"Other\"", false)]
    [InlineData("properties.total > 5", null)]
    [InlineData("type = \"page\" and properties.total > 5", false)]
    public void Matches_Headers_DecidesWhatTheyCan(string subscription, bool? expected) =>
        Assert.Equal(expected, new Router("crm", [Action("", subscription), Action("pages", "type = \"page\"")]).Matches("track", "Order Completed"));

    private static ActionRoute Action(string name, string subscription) => new(name, FqlExpression.Parse(subscription), null);
}
