using System.Net;
using System.Text.Json;
using Cdp.Integration.Stack;
using Xunit;

namespace Cdp.Integration;

/// <summary>Everything in one process, killed and started again on its data.</summary>
public sealed class LocalKillTests : IDisposable
{
    private const string NoAnswer = "no answer";

    private readonly string _data = Directory.CreateTempSubdirectory("cdp-it-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task Kill_Local_KeepsProfilesAndCountsOn()
    {
        Directory.CreateDirectory(Path.Combine(_data, "config"));
        await using var local = new ServiceProcess("Local",
            ["--ingestion-port=0", "--profiles-port=0", "--identity-port=0", "--registry-port=0", "--kafka-port=0", "--redis-port=0", $"--data={_data}", $"--config={Path.Combine(_data, "config")}"])
        { Url = new Uri("http://127.0.0.1") };
        await StartAsync(local);
        string[] users = [.. Enumerable.Range(0, 50).Select(user => $"u{user}")];
        using var shop = new Shop(Printed(local, "write key:"));
        await shop.SendAsync(["early"], Shop.Browsed, () => Ingestion(local));
        await Eventually.TrueAsync(async () => await CountsAsync(local, "early") == "$identify=1", "the profile is there");

        // Killed as soon as half is acknowledged, so the services have work in hand; the rest is sent to the next life.
        for (var turn = 0; turn < Shop.EventsPerUser / 2; turn++) await shop.SendAsync(users, turn, () => Ingestion(local));
        await local.KillAsync();
        await StartAsync(local);
        // Ready means readable: only a machine too busy to answer at all is waited for.
        var early = NoAnswer;
        await Eventually.TrueAsync(async () => (early = await CountsAsync(local, "early")) != NoAnswer, "the profile API answers");
        Assert.Equal("$identify=1", early);
        // The last turn again, as a sender does that was not told it was taken.
        for (var turn = Shop.EventsPerUser / 2 - 1; turn < Shop.EventsPerUser; turn++) await shop.SendAsync(users, turn, () => Ingestion(local));

        foreach (var user in users)
        {
            await Eventually.TrueAsync(async () => await CountsAsync(local, user) == $"$identify=1,Order Completed={Shop.Ordered},Product Viewed={Shop.Browsed}", $"all events of {user} count once");
        }
        Assert.Equal(0, await local.StopAsync());
    }

    private static async Task StartAsync(ServiceProcess local)
    {
        local.Start();
        await Eventually.TrueAsync(() => local.Lines.Any(line => line.StartsWith("ready after", StringComparison.Ordinal)) || local.HasExited, "Local is ready");
        if (local.HasExited) Assert.Fail(string.Join('\n', local.Lines));
        (local.Url, local.Token) = (new Uri(Printed(local, "profile API")), Printed(local, "API token:"));
    }

    private static Uri Ingestion(ServiceProcess local) => new(Printed(local, "ingestion"));

    private static string Printed(ServiceProcess local, string what) => local.Lines.Single(line => line.StartsWith($"{what} ", StringComparison.Ordinal))[what.Length..].Trim();

    // What is answered instead of a profile is part of the answer, for the message of a failed test.
    private static async Task<string> CountsAsync(ServiceProcess local, string user) => await local.GetAsync($"/v1/profiles/user_id/{user}") switch
    {
        (HttpStatusCode.OK, var body) => string.Join(',', JsonSerializer.Deserialize<JsonElement>(body).GetProperty("counts").EnumerateObject().OrderBy(count => count.Name, StringComparer.Ordinal).Select(count => $"{count.Name}={count.Value.GetProperty("count")}")),
        var (status, body) => $"{(int)status} {body}",
        null => NoAnswer,
    };
}
