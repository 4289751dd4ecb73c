using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;

namespace Cdp.Benchmarks.Pipeline;

/// <summary>Sends as an SDK does: retries an unacknowledged batch with the same bytes until it is acknowledged.</summary>
internal sealed class Sender(Uri ingestion, string writeKey, int connections) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);
    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = connections })
    {
        BaseAddress = ingestion,
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{writeKey}:"))) },
    };

    private int _retries;

    /// <summary>The number of requests that had to be sent again.</summary>
    public int Retries => _retries;

    /// <summary>Sends all bodies over the connections.</summary>
    /// <param name="bodies">The request bodies.</param>
    /// <param name="progress">Called with the number of acknowledged bodies after each one.</param>
    public async Task SendAllAsync(IEnumerable<byte[]> bodies, Func<int, Task>? progress = null)
    {
        var acked = 0;
        await Parallel.ForEachAsync(bodies, new ParallelOptions { MaxDegreeOfParallelism = connections }, async (body, _) =>
        {
            await SendAsync("/v1/batch", body);
            if (progress is not null) await progress(Interlocked.Increment(ref acked));
        });
    }

    public async Task SendAsync(string path, byte[] body)
    {
        for (var since = Stopwatch.GetTimestamp(); ;)
        {
            if (Stopwatch.GetElapsedTime(since) > Bound) throw new TimeoutException($"ingestion did not acknowledge a request within {Bound.TotalSeconds:0} s");
            try
            {
                using var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
                using var response = await _http.PostAsync(path, content);
                if (response.IsSuccessStatusCode) return;
                if ((int)response.StatusCode is not (429 or >= 500))
                {
                    throw new InvalidOperationException($"ingestion answered {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
                }
            }
            catch (HttpRequestException)
            {
                // The connection broke. It is unknown whether the events were stored, so retry as an SDK does.
            }
            Interlocked.Increment(ref _retries);
            await Task.Delay(Pause);
        }
    }

    public void Dispose() => _http.Dispose();
}
