using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;

namespace Cdp.Integration.Stack;

/// <summary>
/// Customers who browse anonymously, log in and order, sent as an SDK sends: in order per customer, and an unacknowledged batch is retried unchanged.
/// Each customer causes one merge, and each event must end up in the profile of the user id.
/// </summary>
/// <param name="writeKey">The write key of the source.</param>
public sealed class Shop(string writeKey) : IDisposable
{
    /// <summary>The number of anonymous events of a customer, then the number of events after the login.</summary>
    public const int Browsed = 6;
    public const int Ordered = 13;
    public const int EventsPerUser = Browsed + 1 + Ordered;
    private const int UsersAtOnce = 5;
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(1);

    private readonly HttpClient _http = new()
    {
        Timeout = TimeSpan.FromSeconds(10),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{writeKey}:"))) },
    };

    private readonly ConcurrentQueue<string> _users = new();
    private int _acknowledged;
    private int _retries;

    /// <summary>The customers whose events were all sent.</summary>
    public IReadOnlyCollection<string> Users => _users;

    public int Acknowledged => _acknowledged;

    public int Retries => _retries;

    public static IEnumerable<string> MessageIds(string user) => Enumerable.Range(0, EventsPerUser).Select(turn => $"{user}-{turn}");

    /// <summary>Sends all events of five new customers, then of five more, until it is stopped. Events of customers that were begun are completed.</summary>
    public async Task SendAsync(string sender, Func<Uri> ingestion, CancellationToken stopping)
    {
        for (var first = 0; !stopping.IsCancellationRequested; first += UsersAtOnce)
        {
            string[] users = [.. Enumerable.Range(first, UsersAtOnce).Select(user => $"{sender}{user}")];
            for (var turn = 0; turn < EventsPerUser; turn++) await SendAsync(users, turn, ingestion);
            foreach (var user in users) _users.Enqueue(user);
        }
    }

    /// <summary>Sends one event of each of these customers as a batch, until it is acknowledged.</summary>
    public async Task SendAsync(IReadOnlyList<string> users, int turn, Func<Uri> ingestion)
    {
        var body = $"{{\"batch\":[{string.Join(',', users.Select(user => Event(user, turn)))}]}}";
        await Eventually.TrueAsync(() => TrySendAsync(body, ingestion()), "the batch is acknowledged", Bound);
        Interlocked.Add(ref _acknowledged, users.Count);
    }

    public void Dispose() => _http.Dispose();

    private async Task<bool> TrySendAsync(string body, Uri ingestion)
    {
        try
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var response = await _http.PostAsync(new Uri(ingestion, "/v1/batch"), content);
            if ((int)response.StatusCode is >= 400 and < 500)
            {
                throw new InvalidOperationException($"ingestion answered {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
            }
            if (response.IsSuccessStatusCode) return true;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            // The connection broke. It is unknown whether the events were stored.
        }
        Interlocked.Increment(ref _retries);
        return false;
    }

    private static string Event(string user, int turn)
    {
        var what = turn switch
        {
            < Browsed => $"\"type\":\"track\",\"event\":\"Product Viewed\",\"anonymousId\":\"a-{user}\"",
            Browsed => $"\"type\":\"identify\",\"anonymousId\":\"a-{user}\",\"userId\":\"{user}\",\"traits\":{{\"plan\":\"pro\"}}",
            _ => $"\"type\":\"track\",\"event\":\"Order Completed\",\"anonymousId\":\"a-{user}\",\"userId\":\"{user}\"",
        };
        return $"{{{what},\"messageId\":\"{user}-{turn}\",\"properties\":{{\"turn\":{turn}}}}}";
    }
}
