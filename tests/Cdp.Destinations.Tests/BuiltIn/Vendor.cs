using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cdp.Destinations.BuiltIn;
using Cdp.Destinations.Delivery;
using Cdp.Destinations.Descriptions;
using Cdp.Destinations.Http;
using Cdp.Destinations.Tests.Http;
using Cdp.Destinations.Values;
using Xunit;

namespace Cdp.Destinations.Tests.BuiltIn;

/// <summary>A built-in destination whose requests go to a fake of the vendor in the test.</summary>
internal sealed class Vendor : IAsyncDisposable
{
    public static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private Vendor(FakeServer server, HttpDestination destination) => (Server, Destination) = (server, destination);

    public FakeServer Server { get; }

    public HttpDestination Destination { get; }

    public IReadOnlyList<ReceivedRequest> Requests => [.. Server.Requests];

    /// <param name="type">The type of the destination.</param>
    /// <param name="settings">Its settings as JSON.</param>
    /// <param name="answer">Answers as the vendor does.</param>
    public static async Task<Vendor> StartAsync(string type, string settings, Func<ReceivedRequest, FakeAnswer> answer)
    {
        var server = await FakeServer.StartAsync(answer);
        return new Vendor(server, Create(type, settings, server.Lead()));
    }

    public static HttpDestination Create(string type, string settings, DelegatingHandler? through = null)
    {
        var errors = new List<string>();
        var description = BuiltInDestinations.Find(type)!;
        var read = description.ReadSettings(JsonElement.Parse(settings), _ => null, errors);
        Assert.Empty(errors);
        var time = new FixedTime();
        var sender = new HttpSender(new HttpSenderOptions { AllowPrivate = true }, time, Dns.GetHostAddressesAsync, through);
        return new HttpDestination(description, read!, sender, time);
    }

    /// <summary>What the engine makes of an event for the first preset that it matches.</summary>
    /// <param name="event">The event as JSON.</param>
    /// <param name="number">Distinguishes the idempotency keys of items.</param>
    public DeliveryItem Item(string @event, int number = 0) => Item(Destination, @event, number);

    public static DeliveryItem Item(HttpDestination destination, string @event, int number = 0)
    {
        var json = JsonElement.Parse(@event);
        var preset = destination.Description.Presets.First(preset => preset.Subscribe.Matches(json));
        return Item(preset.Action, json, preset.Mapping?.Map(json) ?? Datum.Of(json), number);
    }

    public static DeliveryItem Item(string action, JsonElement @event, Datum payload, int number = 0) => new(
        "p1", $"m{number}", $"{number:x32}", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", action, @event, payload);

    /// <summary>An item of an action with a payload that the test writes.</summary>
    public static DeliveryItem Payload(string action, string payload, int number = 0) =>
        Item(action, JsonElement.Parse("{}"), Datum.Of(JsonElement.Parse(payload)), number);

    public Task<SendResult> SendAsync(params IReadOnlyList<DeliveryItem> items) => Destination.SendAsync(items, TestContext.Current.CancellationToken);

    public Task<SendResult> DeleteAsync(params IReadOnlyList<string> userIds) => Destination.DeleteAsync(
        [.. userIds.Select(id => new DeletionSubject($"r-{id}", new Dictionary<string, string> { ["user_id"] = id, ["email"] = $"{id}@example.com" }))],
        TestContext.Current.CancellationToken);

    /// <summary>The event with other members.</summary>
    public static string With(string @event, string members)
    {
        var json = JsonNode.Parse(@event)!.AsObject();
        foreach (var (name, value) in JsonNode.Parse(members)!.AsObject()) json[name] = value?.DeepClone();
        return json.ToJsonString();
    }

    /// <summary>The results in short: "200", "retry 429 30s", "refused 400".</summary>
    public static IEnumerable<string> Short(SendResult result) => result.Items.Select(item => item switch
    {
        DeliveryResult.Delivered delivered => $"{delivered.Status}",
        DeliveryResult.Retry retry => $"retry {retry.Status}{(retry.After is { } after ? $" {after.TotalSeconds}s" : "")}",
        DeliveryResult.Refused refused => $"refused {refused.Status}",
        DeliveryResult.Unreachable => "unreachable",
        _ => "",
    });

    public static string Reason(DeliveryResult result) => result switch
    {
        DeliveryResult.Retry retry => retry.Reason,
        DeliveryResult.Refused refused => refused.Reason,
        DeliveryResult.Unreachable unreachable => unreachable.Reason,
        _ => "",
    };

    public static void AssertJson(string expected, JsonElement actual) =>
        Assert.True(
            JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual.GetRawText())), $"expected: {expected}\nactual:   {actual.GetRawText()}");

    public async ValueTask DisposeAsync()
    {
        Destination.Dispose();
        await Server.DisposeAsync();
    }

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Now;
    }
}
