using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Cdp.Benchmarks.Http;
using Cdp.Benchmarks.Processes;

namespace Cdp.Benchmarks.Ingestion;

/// <summary>
/// Sends an NDJSON file of gigabytes, generated on the fly, to POST /v1/import/file. Samples the service's memory every quarter of a gigabyte.
/// </summary>
internal sealed class ImportRun(ServiceProcess service, HttpLoad load, string writeKey, int eventBytes)
{
    private const int BlockEvents = 1_000;
    private const long Gigabyte = 1_000_000_000;

    /// <returns>The result, and the rows of the table. Memory is flat if the second half of the file takes at most a tenth more than the first.</returns>
    public async Task<(LoadResult Sent, IReadOnlyList<string[]> Rows)> RunAsync(int gigabytes)
    {
        var block = RequestTemplate.Rows(eventBytes, BlockEvents);
        var (blocks, samples) = (new List<long>(), new List<(double Gigabytes, double MiB)>());
        using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(service.Address, "/v1/import/file?fileId=bench.ndjson&format=ndjson"))
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{writeKey}:"))) },
            Content = new Body(async stream =>
            {
                for (long sent = 0, next = 0; sent < gigabytes * Gigabyte; sent += block.Length)
                {
                    if (sent >= next)
                    {
                        samples.Add((sent / (double)Gigabyte, service.MiB));
                        next += Gigabyte / 4;
                    }
                    blocks.Add(load.Number(BlockEvents));
                    await stream.WriteAsync(block.Numbered(blocks[^1]).ToArray());
                }
            }),
        };
        var (started, cpu) = (Stopwatch.GetTimestamp(), service.CpuSeconds);
        using var response = await http.SendAsync(request);
        var time = Stopwatch.GetElapsedTime(started);
        samples.Add((gigabytes, service.MiB));
        var ledger = (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        var events = blocks.Count * (long)BlockEvents;
        var isComplete = response.StatusCode == HttpStatusCode.OK && Accepted(ledger) == events;
        if (!isComplete) Console.WriteLine($"the import of {events:N0} rows was answered {(int)response.StatusCode}: {ledger}");

        var half = samples.Count / 2;
        var (first, second) = (samples.Take(half).Skip(1).Max(sample => sample.MiB), samples.Skip(half).Max(sample => sample.MiB));
        var isFlat = second <= first * 1.1;
        Console.WriteLine(
            $"import of {gigabytes} GB, resident memory in MiB: {string.Join(", ", samples.Select(sample => $"{sample.Gigabytes:0.##} GB {sample.MiB:0}"))}\n");
        string[][] rows =
        [
            [$"an import of {gigabytes} GB, events/s", $"{events / time.TotalSeconds:N0}", "", ""],
            ["  events per CPU second of the service", $"{events / (service.CpuSeconds - cpu):N0}", "", ""],
            ["  memory at most, first and second half", $"{first:0} MiB, {second:0} MiB", "flat", isFlat ? "met" : "MISSED"],
        ];
        return (
            new LoadResult(BlockEvents, time, [.. blocks.Select(block => new Answer(block, started, started, isComplete ? 200 : (int)response.StatusCode))]),
            rows);
    }

    private static long Accepted(string ledger)
    {
        using var json = JsonDocument.Parse(ledger);
        return json.RootElement.TryGetProperty("accepted", out var accepted) ? accepted.GetInt64() : 0;
    }

    private sealed class Body(Func<Stream, Task> write) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => write(stream);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
