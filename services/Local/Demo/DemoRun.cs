using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cdp.Local.Settings;
using Cdp.Local.Stack;

namespace Cdp.Local.Demo;

/// <summary>
/// The demo: an anonymous visitor browses, logs in and orders. Runs on free ports with its own data, sends over HTTP as an SDK does, and leaves nothing behind.
/// </summary>
public sealed class DemoRun : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly HttpClient _http = new() { Timeout = Timeout };
    private readonly LocalStack _stack;

    private DemoRun(LocalStack stack) => _stack = stack;

    /// <returns>0 if the profile and the delivery are correct, else 1.</returns>
    public static async Task<int> RunAsync()
    {
        var directory = Directory.CreateTempSubdirectory("cdp-demo-").FullName;
        try
        {
            await using var receiver = await WebhookReceiver.StartAsync();
            var options = new LocalOptions
            {
                IngestionPort = 0,
                ProfilesPort = 0,
                IdentityPort = 0,
                FanoutPort = 0,
                ManagementPort = 0,
                RegistryPort = 0,
                KafkaPort = 0,
                RedisPort = 0,
                DataDirectory = Path.Combine(directory, "data"),
                ConfigDirectory = DemoConfig.Write(Path.Combine(directory, "config"), receiver),
            };
            var start = Stopwatch.StartNew();
            await using var stack = await LocalStack.StartAsync(options);
            Console.WriteLine($"all services ready after {start.Elapsed.TotalSeconds:F1} s");
            using var demo = new DemoRun(stack);
            return await demo.RunStepsAsync(receiver) ? 0 : 1;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<bool> RunStepsAsync(WebhookReceiver receiver)
    {
        await SendAsync("a visitor opens the shop", "page", """{"anonymousId":"visitor-7","name":"Home"}""");
        await SendAsync("views a product", "track", """{"anonymousId":"visitor-7","event":"Product Viewed","properties":{"sku":"LAMP-1"}}""");
        await SendAsync("logs in", "identify", """{"anonymousId":"visitor-7","userId":"ada","traits":{"name":"Ada Lovelace","plan":"pro"}}""");
        await SendAsync("orders", "track", """
            {"anonymousId":"visitor-7","userId":"ada","event":"Order Completed","properties":{"order_id":"o-1","revenue":49.9}}
            """);

        var (profile, differences) = await ReadProfileAsync();
        Say($"GET {_stack.Services!.Url("profiles")}/v1/profiles/user_id/ada");
        Console.WriteLine(profile is { } found ? JsonSerializer.Serialize(found, Indented) : "(no profile)");
        foreach (var difference in differences) Console.WriteLine($"WRONG: {difference}");

        var delivery = await receiver.WaitForAsync("Order Completed", Timeout);
        Say(delivery switch
        {
            null => "WRONG: the webhook did not receive the order",
            { IsSigned: false } => "WRONG: the webhook received the order with an invalid signature",
            _ => $"the webhook received the order; signature verified, idempotency key {delivery.IdempotencyKey}",
        });
        var isCorrect = differences.Count == 0 && delivery is { IsSigned: true };
        Console.WriteLine(isCorrect ? "PASS: one customer, before and after the login." : "FAIL");
        return isCorrect;
    }

    private async Task SendAsync(string step, string call, string json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{_stack.Services!.Url("ingestion")}/v1/{call}")
        {
            Content = new StringContent(json, Encoding.UTF8, "application/json"),
        };
        var credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes(_stack.Secrets.WriteKey + ":"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", credentials);
        using var response = await _http.SendAsync(request);
        Say($"{step,-26}{call,-9}{json}  {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
    }

    // Asks until the profile is correct or the timeout is over.
    private async Task<(JsonElement? Profile, IReadOnlyList<string> Differences)> ReadProfileAsync()
    {
        JsonElement? profile = null;
        var differences = (IReadOnlyList<string>)["there is no profile of user_id ada"];
        for (var asked = Stopwatch.StartNew(); differences.Count > 0 && asked.Elapsed < Timeout; await Task.Delay(20))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{_stack.Services!.Url("profiles")}/v1/profiles/user_id/ada");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _stack.Secrets.ApiToken);
            using var response = await _http.SendAsync(request);
            if (!response.IsSuccessStatusCode) continue;
            profile = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());
            differences = ExpectedProfile.FindDifferences(profile.Value);
        }
        return (profile, differences);
    }

    private void Say(string line) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_clock.Elapsed.TotalSeconds,7:F3} s  {line}"));
}
