using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Xunit;

namespace Cdp.Ingestion.Tests.Hardening;

/// <summary>Kafka stops while many clients send. CDP_TEST_OUTAGE_SECONDS sets for how long.</summary>
[Collection(nameof(MeasuresMemory))]
[Trait("tier", "integration")]
public sealed class OutageUnderLoadTests(KafkaFixture kafka) : IClassFixture<KafkaFixture>
{
    private const int Senders = 64;
    private const long MaxGrowth = 200L << 20;

    private readonly ConcurrentQueue<string> _acknowledged = new();
    private readonly ConcurrentDictionary<int, int> _statuses = new();
    private int _sent;
    private volatile bool _isEnough;

    [Fact]
    public async Task Batch_KafkaStopsUnderLoad_Returns503InBoundedMemoryAndKeepsEveryAcknowledgedEvent()
    {
        var away = TimeSpan.FromSeconds(double.Parse(Environment.GetEnvironmentVariable("CDP_TEST_OUTAGE_SECONDS") ?? "15", CultureInfo.InvariantCulture));
        var sending = Task.WhenAll(Enumerable.Range(0, Senders).Select(_ => Task.Run(SendAsync)));
        await Eventually.TrueAsync(() => _acknowledged.Count > 2_000, "2,000 events have been acknowledged");

        await kafka.StopBrokerAsync();
        await Eventually.TrueAsync(() => _statuses.ContainsKey(503), "a request has been answered with 503");
        var (before, peak, watch) = (Process.GetCurrentProcess().WorkingSet64, 0L, Stopwatch.StartNew());
        while (watch.Elapsed < away)
        {
            await Task.Delay(100, TestContext.Current.CancellationToken);
            peak = Math.Max(peak, Environment.WorkingSet);
        }
        var acknowledged = _acknowledged.Count;
        await Task.Delay(500, TestContext.Current.CancellationToken);
        Assert.Equal(acknowledged, _acknowledged.Count);

        await kafka.RestartBrokerAsync();
        await kafka.Host.WaitUntilReadyAsync();
        await Eventually.TrueAsync(() => _acknowledged.Count > acknowledged + 2_000, "2,000 more events have been acknowledged");
        _isEnough = true;
        await sending;

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{_sent} events sent, {_acknowledged.Count} acknowledged, answers {string.Join(", ", _statuses)}; grew by {(peak - before) >> 20} MiB while "
            + $"Kafka was away for {away}");
        Assert.Empty(_statuses.Keys.Except([200, 503]));
        Assert.True(peak - before < MaxGrowth, $"the process grew by {(peak - before) >> 20} MiB");
        Assert.Empty(_acknowledged.Except(kafka.CollectedEvents().Select(e => e.messageId)));
        await kafka.Host.WaitUntilIdleAsync();
    }

    /// <summary>Sends batches of 1 event and of 20, each event with its own messageId, until the test has seen enough.</summary>
    private async Task SendAsync()
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        using var connection = await RawConnection.OpenAsync(kafka.Host.Port, bound.Token);
        for (var turn = 0; !_isEnough; turn++)
        {
            var ids = Enumerable.Range(0, turn % 4 == 0 ? 20 : 1).Select(_ => $"o{Interlocked.Increment(ref _sent)}").ToList();
            var body = $$"""{"batch":[{{string.Join(',', ids.Select(id => $$"""{"type":"track","messageId":"{{id}}","userId":"{{id}}"}"""))}}]}""";
            await connection.SendAsync(
                $"POST /v1/batch HTTP/1.1\r\nHost: x\r\nAuthorization: Basic V0s6\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}",
                bound.Token);
            var answer = await connection.ReadAsync(bound.Token) ?? throw new InvalidDataException("the connection ended");
            _statuses.AddOrUpdate(answer.Status, 1, (_, count) => count + 1);
            if (answer.Status != 200) await Task.Delay(20, bound.Token);
            else ids.ForEach(_acknowledged.Enqueue);
        }
    }
}
