using System.Net;
using System.Text.Json;
using Cdp.Integration.Stack;
using Xunit;

namespace Cdp.Integration;

/// <summary>Local is killed and restarted with its data.</summary>
public sealed class LocalKillTests : IDisposable
{
    private const string NoAnswer = "no answer";

    private readonly string _data = Directory.CreateTempSubdirectory("cdp-it-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task Kill_Local_KeepsProfilesAndCountsEachEventOnce()
    {
        Directory.CreateDirectory(Path.Combine(_data, "config"));
        string[] arguments =
        [
            "--ingestion-port=0", "--profiles-port=0", "--identity-port=0", "--fanout-port=0", "--management-port=0", "--registry-port=0",
            "--kafka-port=0", "--redis-port=0",
            $"--data={_data}", $"--config={Path.Combine(_data, "config")}",
        ];
        await using var local = new ServiceProcess("Local", arguments) { Url = new Uri("http://127.0.0.1") };
        await StartAsync(local);
        string[] users = [.. Enumerable.Range(0, 50).Select(user => $"u{user}")];
        using var shop = new Shop(Printed(local, "write key:"));
        await shop.SendAsync(["early"], Shop.Browsed, () => Ingestion(local));
        await Eventually.TrueAsync(async () => await CountsAsync(local, "early") == "$identify=1", "the profile is there");

        // Kill it as soon as half of the events are acknowledged, while the services still have work. Send the rest after the restart.
        for (var turn = 0; turn < Shop.EventsPerUser / 2; turn++) await shop.SendAsync(users, turn, () => Ingestion(local));
        await local.KillAsync();
        await StartAsync(local);
        // Ready means that profiles are readable. Only wait in case the machine is too busy to answer at all.
        var early = NoAnswer;
        await Eventually.TrueAsync(async () => (early = await CountsAsync(local, "early")) != NoAnswer, "the profile API answers");
        Assert.Equal("$identify=1", early);
        // Repeat the last events, like a sender that did not get the acknowledgement.
        for (var turn = Shop.EventsPerUser / 2 - 1; turn < Shop.EventsPerUser; turn++) await shop.SendAsync(users, turn, () => Ingestion(local));

        foreach (var user in users)
        {
            await Eventually.TrueAsync(
                async () => await CountsAsync(local, user) == $"$identify=1,Order Completed={Shop.Ordered},Product Viewed={Shop.Browsed}",
                $"all events of {user} count once");
        }
        Assert.Equal(0, await local.StopAsync());
    }

    private static async Task StartAsync(ServiceProcess local)
    {
        local.Start();
        await Eventually.TrueAsync(
            () => local.Lines.Any(line => line.StartsWith("ready after", StringComparison.Ordinal)) || local.HasExited, "Local is ready");
        if (local.HasExited) Assert.Fail(string.Join('\n', local.Lines));
        (local.Url, local.Token) = (new Uri(Printed(local, "profile API")), Printed(local, "API token:"));
    }

    private static Uri Ingestion(ServiceProcess local) => new(Printed(local, "ingestion"));

    private static string Printed(ServiceProcess local, string what) =>
        local.Lines.Single(line => line.StartsWith($"{what} ", StringComparison.Ordinal))[what.Length..].Trim();

    // Any other answer is returned as text, for the message of a failed test.
    private static async Task<string> CountsAsync(ServiceProcess local, string user) => await local.GetAsync($"/v1/profiles/user_id/{user}") switch
    {
        (HttpStatusCode.OK, var body) => Counts(JsonSerializer.Deserialize<JsonElement>(body)),
        var (status, body) => $"{(int)status} {body}",
        null => NoAnswer,
    };

    private static string Counts(JsonElement profile)
    {
        var counts = profile.GetProperty("counts").EnumerateObject().OrderBy(count => count.Name, StringComparer.Ordinal);
        return string.Join(',', counts.Select(count => $"{count.Name}={count.Value.GetProperty("count")}"));
    }
}
