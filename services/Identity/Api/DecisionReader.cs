using System.Diagnostics;
using cdp;
using Cdp.Contracts;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Failures;
using Cdp.Streaming.Reading;
using Cdp.Streaming.Schemas;
using Confluent.Kafka;

namespace Cdp.Identity.Api;

/// <summary>Reads single decisions from identity.decisions, which has no retention limit.</summary>
public sealed class DecisionReader(KafkaOptions kafka, SchemaRegistry registry) : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    // Up to this many records, it is faster to continue reading than to seek.
    private const int MaxGap = 200;

    private readonly AvroCodec _codec = new(registry, kafka.TopicPrefix);
    private readonly TopicPartition _log = kafka.PartitionOf(Topics.IdentityDecisions, 0);
    private readonly SemaphoreSlim _mutex = new(1);
    private PartitionReader? _reader;

    /// <summary>The decisions at these offsets, ordered by offset.</summary>
    /// <exception cref="KafkaException">Kafka is unavailable.</exception>
    /// <exception cref="TimeoutException">Kafka did not answer in time.</exception>
    /// <exception cref="ForeignStateException">There is no decision at an offset: Redis has the state of another log.</exception>
    public async Task<IReadOnlyList<IdentityDecision>> ReadAsync(IEnumerable<long> offsets, CancellationToken stopping)
    {
        long[] sorted = [.. offsets.Distinct().Order()];
        if (sorted.Length == 0) return [];
        await _mutex.WaitAsync(stopping);
        try
        {
            return await Task.Run(() => Read(sorted, stopping), stopping);
        }
        catch
        {
            // The reader may be in an undefined state. The next read creates a new one.
            Close();
            throw;
        }
        finally
        {
            _mutex.Release();
        }
    }

    public void Dispose()
    {
        // The client must not be destroyed during a call; a read takes no longer than the timeout.
        _mutex.Wait();
        Close();
        _mutex.Dispose();
    }

    private List<IdentityDecision> Read(long[] offsets, CancellationToken stopping)
    {
        // An offset that is missing from the log is an error to report. By default the client would silently continue elsewhere.
        var reader = _reader ??= new PartitionReader(kafka, "decision-reader", AutoOffsetReset.Error);
        var (decisions, started, isStarted) = (new List<IdentityDecision>(offsets.Length), Stopwatch.GetTimestamp(), false);
        foreach (var offset in offsets)
        {
            if (!isStarted || offset - reader.Position > MaxGap) reader.Start(_log, offset);
            isStarted = true;
            IdentityDecision? decision = null;
            while (decision is null && reader.Position <= offset)
            {
                var left = Timeout - Stopwatch.GetElapsedTime(started);
                if (left <= TimeSpan.Zero) throw new TimeoutException("Kafka did not answer in time");
                // Redis has the offset of a decision as soon as its transaction is committed. The marker that makes it readable may still be on its way.
                if (Next(reader, offset, stopping, left) is not { } record) continue;
                if (record.Offset.Value > offset) break;
                if (record.Offset.Value == offset) decision = (IdentityDecision)_codec.Decode(record);
            }
            // The reader also passes the offset if the log has no record at it or after it.
            decisions.Add(decision ?? throw Foreign(offset));
        }
        return decisions;
    }

    private ConsumeResult<string?, byte[]?>? Next(PartitionReader reader, long offset, CancellationToken stopping, TimeSpan timeout)
    {
        try
        {
            return reader.Next(stopping, timeout);
        }
        catch (ConsumeException e) when (e.Error.Code is ErrorCode.Local_AutoOffsetReset or ErrorCode.OffsetOutOfRange)
        {
            throw Foreign(offset);
        }
    }

    private ForeignStateException Foreign(long offset) => new(
        $"Redis refers to a decision at offset {offset} of {_log}, but there is none: the topic was recreated, or Redis belongs to another installation; "
        + "empty Redis to rebuild it from the topic");

    private void Close()
    {
        _reader?.Dispose();
        _reader = null;
    }
}
