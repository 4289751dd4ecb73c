using Cdp.DeliveryEngine.Configuration;
using Cdp.Destinations.Routing;
using Cdp.Destinations.Tests;
using Cdp.Fanout.Configuration;
using Cdp.Streaming.Consuming;

namespace Cdp.Fanout.Tests.Configuration;

public sealed class DestinationFilesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("destinations");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Read_CompleteFile_ReturnsTheDestination()
    {
        var destination = Assert.Single(Read(out var errors, """
            id: crm
            type: webhook
            url: https://example.com/hook
            secret_env: CRM_SECRET
            events: {types: [track, identify], names: Order Completed}
            mapping: {id: {"@path": $.messageId}}
            from: 2026-01-31T00:00:00Z
            order: none
            timeout: 2.5s
            concurrency: 2
            retry: {attempts: 5, window: 1h}
            throttle: {requests: 30, per: 1m}
            headers: {Authorization: Bearer x}
            """));
        Assert.Empty(errors);
        Assert.Equal(
            new DeliverySettings
            {
                Id = "crm",
                KeepsOrder = false,
                Concurrency = 2,
                MinAttempts = 5,
                RetryWindow = TimeSpan.FromHours(1),
                RequestsPerSecond = 0.5,
            },
            destination.Settings);
        Assert.Equal(new DateTime(2026, 1, 31, 0, 0, 0, DateTimeKind.Utc), destination.Start.Time);
        Assert.Equal(
            [true, false, true, false],
            new[] { ("track", "Order Completed"), ("track", "Other"), ("identify", null), ("page", null) }
                .Select(e => destination.Router.Matches(e.Item1, e.Item2)));
        var triggered = Assert.IsType<RoutedEvent.Triggered>(destination.Router.Route(SampleEvents.Event("p", "m")));
        Assert.Equal("""{"id":"m"}""", Assert.Single(triggered.Actions).Payload.ToJson());
    }

    [Fact]
    public void Read_SeveralActions_AreReadInOrder()
    {
        var destination = Assert.Single(Read(out var errors, """
            id: crm
            type: webhook
            url: https://example.com/hook
            from: now
            actions:
              - name: order
                subscribe: type = "track" and event = "Order Completed"
              - name: everything
            """));
        Assert.Empty(errors);
        Assert.Same(StartPosition.Latest, destination.Start);
        var triggered = Assert.IsType<RoutedEvent.Triggered>(destination.Router.Route(SampleEvents.Event("p", "m")));
        Assert.Equal(["order", "everything"], triggered.Actions.Select(action => action.Action));
    }

    [Fact]
    public void Read_InvalidFiles_ReportsEveryFaultWithFileAndLine()
    {
        string[] expected =
        [
            "a.yaml:1: 'CRM!' cannot name a consumer group",
            "a.yaml:3: url must be an http or https URL without a user name",
            "a.yaml:4: secret_env names the environment variable NOBODY, which is not set",
            "a.yaml:5: 'click' is not a type of event",
            "a.yaml:6: 'timeout' must be a duration",
            "a.yaml:7: 'attempts' must be a whole number from 1 to 1000",
            "a.yaml:8: headers.X-Cdp-Signature is set for each request",
            "a.yaml:9: 'retries' is not a known key",
            "a.yaml:10: 'sideways' is not an order; write profile or none",
            "a.yaml:11: 'yesterday' is not a start",
            "a.yaml:12: the mapping is not valid",
            "b.yaml:1: 'type' is missing",
            "b.yaml:2: the condition is not valid",
            "c.yaml:1: there is another destination 'b'",
            "d.yaml:2: 'ftp' is not a type of destination; write one of amplitude, braze,",
            "e.yaml:3: region must be one of us, eu",
            "e.yaml:3: api_key is missing",
            "e.yaml:4: 'Alarms' is not a preset of amplitude; use Events, Customers, Pages, Screens",
            "f.yaml:1: 'action' is missing; write what braze does with the events: track_event, update_user, track_purchase",
            "f.yaml:1: endpoint is missing",
            "f.yaml:1: api_key is missing",
            "f.yaml:1: the mapping is not valid: /nme is not a field",
        ];
        Read(out var errors,
            """
            id: CRM!
            type: webhook
            url: example.com
            secret_env: NOBODY
            events: {types: [click]}
            timeout: 10
            retry: {attempts: 0}
            headers: {X-Cdp-Signature: mine}
            retries: 3
            order: sideways
            from: yesterday
            mapping: {id: {"@path": 5}}
            """,
            "id: b\nsubscribe: type =",
            "{id: b, type: webhook, url: 'http://x'}",
            "id: d\ntype: ftp\nsettings: {host: x}",
            "id: e\ntype: amplitude\nsettings: {region: mars}\npresets: [Events, Alarms]",
            "{id: f, type: braze, subscribe: all, mapping: {nme: x}}");
        Assert.Equal(expected.Length, errors.Count);
        Assert.All(expected, start => Assert.Single(errors, error => error.StartsWith(Path.Combine(_folder.FullName, start), StringComparison.Ordinal)));
    }

    [Fact]
    public void Read_TypeWithPresets_UsesThemUnlessTheFileHasSubscriptions()
    {
        var destinations = Read(out var errors,
            """
            id: product
            type: amplitude
            settings: {api_key: 0123, region: eu}
            presets: [Events, Pages]
            """,
            """
            id: orders
            type: braze
            settings: {endpoint: https://rest.iad-01.braze.com, api_key_env: CRM_SECRET}
            actions:
              - {name: vip, action: track_purchase, subscribe: properties.total >= 1000, mapping: {product_id: vip order}}
            """);
        Assert.Empty(errors);
        var (product, orders) = (destinations[0], destinations[1]);
        Assert.Equal([true, false, true], new[] { "track", "identify", "page" }.Select(type => product.Router.Matches(type, null)));
        Assert.Equal((TimeSpan.FromMilliseconds(100), null, 1_000d), (product.Linger, product.Settings.RequestsPerSecond, orders.Settings.RequestsPerSecond));
        var triggered = Assert.IsType<RoutedEvent.Triggered>(product.Router.Route(SampleEvents.Event("p", "m")));
        Assert.Equal("Events", Assert.Single(triggered.Actions).Action);
        using var destination = product.Create(TimeProvider.System);
        var action = triggered.Actions[0];
        var preview = destination.Preview([new("p", "m", "key-1", null, action.Action, action.Event, action.Payload)]);
        Assert.StartsWith("POST https://api.eu.amplitude.com/2/httpapi\n", preview, StringComparison.Ordinal);
        Assert.Contains("\"api_key\":\"***\"", preview, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_MissingFolder_ReturnsNone()
    {
        var errors = new List<string>();
        Assert.Empty(DestinationFiles.Read("/nowhere/at/all", _ => null, errors));
        Assert.Empty(errors);
    }

    private IReadOnlyList<ConfiguredDestination> Read(out List<string> errors, params string[] files)
    {
        for (var i = 0; i < files.Length; i++) File.WriteAllText(Path.Combine(_folder.FullName, $"{(char)('a' + i)}.yaml"), files[i]);
        errors = [];
        return DestinationFiles.Read(_folder.FullName, name => name == "CRM_SECRET" ? "s3cret" : null, errors);
    }
}
