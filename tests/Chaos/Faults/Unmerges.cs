using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Cdp.Chaos.People;
using Cdp.Chaos.Processes;
using Cdp.Chaos.Sending;

namespace Cdp.Chaos.Faults;

/// <summary>
/// Takes devices out of their users' profiles, as an operator does. The log shows which requests reached the linker and what they led to; this class only
/// checks that every accepted request completes.
/// </summary>
public sealed class Unmerges(Installation installation, Sender sender, int seed) : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);

    private readonly HttpClient _http = new()
    {
        Timeout = TimeSpan.FromSeconds(20),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", Installation.Token) },
    };
    private readonly Random _random = new(seed);
    private readonly List<string> _accepted = [];
    private readonly List<string> _failures = [];
    private readonly Dictionary<string, int> _answers = [];

    /// <summary>How often each answer was received.</summary>
    public string Answers
    {
        get
        {
            lock (_answers) return string.Join(", ", _answers.Select(answer => $"{answer.Value} {answer.Key}"));
        }
    }

    /// <summary>Requests that were answered unexpectedly or did not complete.</summary>
    public IReadOnlyList<string> Failures => _failures;

    /// <summary>Sends several requests at the same time. Connections may break, because instances are killed meanwhile.</summary>
    public Task RequestAsync(int count, CancellationToken stopping)
    {
        var logins = Enumerable.Range(0, count).Select(_ => sender.PickLogin(_random)).OfType<SentEvent>();
        return Task.WhenAll(logins.Select(login => RequestAsync(login, stopping)).ToList());
    }

    /// <summary>Waits until every accepted request has completed.</summary>
    public async Task FinishAsync(CancellationToken stopping)
    {
        foreach (var request in _accepted)
        {
            var last = "";
            try
            {
                await Wait.UntilAsync(async () => IsDone(last = await StateAsync(request, stopping)), Bound, "the unmerge is done", stopping);
            }
            catch (TimeoutException)
            {
                _failures.Add($"unmerge {request} did not complete within {Bound.TotalMinutes} minutes: {last}");
            }
        }
        _accepted.Clear();
    }

    public void Dispose() => _http.Dispose();

    private async Task RequestAsync(SentEvent login, CancellationToken stopping)
    {
        var body = $$"""{"identifiers":[{"type":"{{Id.Anonymous}}","value":{{Notation.Quote(login.AnonymousId!)}}}],"reason":"ledger"}""";
        try
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var response = await _http.PostAsync(new Uri(installation.AnyUrl("identity"), "/v1/identity/unmerge"), content, stopping);
            var text = await response.Content.ReadAsStringAsync(stopping);
            Count($"{(int)response.StatusCode}");
            if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Accepted)
            {
                using var json = JsonDocument.Parse(text);
                var request = json.RootElement.GetProperty("request_id").GetString()!;
                lock (_accepted) _accepted.Add(request);
            }
            else if (response.StatusCode is not (HttpStatusCode.NotFound or HttpStatusCode.Conflict or HttpStatusCode.ServiceUnavailable))
            {
                lock (_failures) _failures.Add($"unmerge of {login.AnonymousId} was answered {(int)response.StatusCode}: {text}");
            }
        }
        catch (Exception e) when (!stopping.IsCancellationRequested && e is HttpRequestException or TaskCanceledException or IOException)
        {
            // The instance was killed. The log shows whether the request was accepted.
            Count("connection lost");
        }
    }

    private void Count(string answer)
    {
        lock (_answers) _answers[answer] = _answers.GetValueOrDefault(answer) + 1;
    }

    private async Task<string> StateAsync(string request, CancellationToken stopping)
    {
        try
        {
            using var response = await _http.GetAsync(new Uri(installation.AnyUrl("identity"), $"/v1/identity/unmerge/{request}"), stopping);
            return $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(stopping)}";
        }
        catch (Exception e) when (!stopping.IsCancellationRequested && e is HttpRequestException or TaskCanceledException)
        {
            return e.Message;
        }
    }

    // A refusal counts as done. So does 404: a Redis that lost its last writes may have lost the request, but its decision is in the log.
    private static bool IsDone(string state) =>
        state.StartsWith("404", StringComparison.Ordinal) || state.StartsWith("409", StringComparison.Ordinal)
        || (state.StartsWith("200", StringComparison.Ordinal) && state.Contains("\"done\"", StringComparison.Ordinal));
}
