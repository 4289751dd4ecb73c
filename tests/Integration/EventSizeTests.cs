using System.Globalization;
using System.Net;
using cdp;
using Cdp.Contracts;
using Cdp.Identity;
using Cdp.Ingestion;
using Cdp.Integration.Loop;
using Cdp.Integration.Stack;
using Cdp.Profiles;
using Cdp.Validation;
using Xunit;

namespace Cdp.Integration;

/// <summary>Events of sizes around the limit through all services: accepted ones arrive complete, and ingestion refuses those one byte too large.</summary>
public sealed class EventSizeTests(TestStack stack)
{
    private const string WriteKey = "size-write-key";

    [Theory]
    [InlineData(32 * 1024, null)]
    [InlineData(SizeLimits.Event, SizeLimits.Event)]
    public async Task Send_EventsAroundTheLimit_ArriveUpToIt(int limit, int? configured)
    {
        await using var cluster = await stack.ClusterAsync();
        cluster.AddSource("shop", WriteKey);
        var settings = configured is null
            ? null
            : new Dictionary<string, string?> { ["Limits:EventBytes"] = configured.Value.ToString(CultureInfo.InvariantCulture) };
        var started = await Task.WhenAll(
            cluster.StartAsync(
                IngestionService.Service,
                settings: settings), cluster.StartAsync(
                    ValidationService.Service), cluster.StartAsync(IdentityService.Service), cluster.StartAsync(ProfilesService.Service));
        using var shop = Api.Sender(started[0], WriteKey);

        foreach (var (difference, status) in new[] { (-1, HttpStatusCode.OK), (0, HttpStatusCode.OK), (1, HttpStatusCode.RequestEntityTooLarge) })
        {
            using var body = new StringContent(Event(difference, limit + difference));
            using var response = await shop.PostAsync("/v1/track", body, TestContext.Current.CancellationToken);
            Assert.Equal((difference, status), (difference, response.StatusCode));
        }
        // In a batch, the other events are accepted.
        using var batch = new StringContent($$"""{"batch":[{{Event(2, limit)}},{{Event(3, limit + 1)}},{{Event(4, 100)}}]}""");
        using var answer = await shop.PostAsync("/v1/batch", batch, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

        using var profiles = Api.Client(started[3]);
        await Eventually.TrueAsync(
            async () => await CountsAsync(profiles) == "size -1=1, size 0=1, size 2=1, size 4=1", "all accepted events are in the profile");
        var envelopes = (await cluster.ReadAllAsync<IdentifiedEvent>(Topics.EventsIdentified)).Select(identified => identified.validated.envelope);
        var sizes = envelopes.ToDictionary(envelope => envelope.@event, envelope => envelope.properties.Length);
        Assert.Equal(sizes["size -1"] + 2, sizes["size 0"]);
        Assert.Empty(await cluster.ReadAllAsync<DeadRecord>(Topics.Dead));
    }

    // "size -1" is one character longer than "size 0".
    private static string Event(int number, int bytes)
    {
        string Padded(string padding) => $$$"""{"type":"track","userId":"u","event":"size {{{number}}}","properties":{"p":"{{{padding}}}"}}""";
        return Padded(new string('x', Math.Max(0, bytes - Padded("").Length)));
    }

    private static async Task<string> CountsAsync(HttpClient profiles)
    {
        if (await profiles.FindAsync("/v1/profiles/user_id/u") is not { } profile) return "";
        return string.Join(", ", profile.GetProperty("counts").EnumerateObject().Select(count => $"{count.Name}={count.Value.GetProperty("count")}"));
    }
}
