using System.Diagnostics;
using cdp;
using Cdp.Contracts;
using Cdp.Identity.Graph;
using Cdp.Identity.Storing;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Schemas;
using Cdp.Streaming.Writing;
using Confluent.Kafka;

namespace Cdp.Identity.Api;

/// <summary>The state of an unmerge request.</summary>
/// <param name="Outcome">Null while the linker has not decided on the request.</param>
/// <param name="Report">The profiles service's report (JSON) on the recomputed profiles; null until it is done.</param>
/// <param name="Failure">Why the profiles service gave up recomputing them; null if it did not.</param>
public sealed record UnmergeState(UnlinkOutcome? Outcome, string? Report, string? Failure = null)
{
    public bool IsFinal => Outcome is { Refusal: not null } || Report is not null || Failure is not null;
}

/// <summary>Sends unmerge requests to the linker and follows their outcome.</summary>
/// <param name="kafka">The cluster.</param>
/// <param name="registry">The schema registry.</param>
/// <param name="store">The identity graph in Redis.</param>
/// <param name="outcomes">The outcomes in Redis.</param>
/// <param name="time">The clock.</param>
/// <param name="failed">Receives a fatal error of the Kafka client. No request can be sent after it.</param>
public sealed class UnmergeRequests(
    KafkaOptions kafka, SchemaRegistry registry, IdentityStore store, UnlinkOutcomes outcomes, TimeProvider time, Action<KafkaException> failed) : IDisposable
{
    /// <summary>How long an HTTP request waits. The linker decides within a few milliseconds; recomputing profiles with many events takes seconds.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private readonly AvroCodec _codec = new(registry, kafka.TopicPrefix);
    private readonly RecordWriter _writer = new(kafka, MaxWait, failed);

    /// <summary>Writes a request to identity.requests.</summary>
    /// <exception cref="KafkaException">Kafka is unavailable. The request may have been written nevertheless.</exception>
    /// <exception cref="StackExchange.Redis.RedisException">Redis is unavailable. The request may have been written nevertheless.</exception>
    public async Task SendAsync(string requestId, UnmergeBody body)
    {
        await outcomes.AddAsync(requestId);
        var request = new UnlinkRequest
        {
            requestId = requestId,
            identifiers = [.. body.Identifiers],
            reason = body.Reason,
            requestedAt = time.GetUtcNow().UtcDateTime,
        };
        var trace = Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } id } ? id : null;
        var offset = await _writer.WriteAsync(_codec, Topics.IdentityRequests, key: null, request, partition: 0, trace);
        await outcomes.SaveOffsetAsync(requestId, offset);
    }

    /// <summary>The current state of a request; null if it is not known, because it never existed or is older than a day.</summary>
    public async Task<UnmergeState?> FindAsync(string requestId)
    {
        var (isKnown, outcome) = await outcomes.FindAsync(requestId);
        if (!isKnown) return null;
        // The linker saves the outcome before it applies the decision. A lookup after the response must already see the split.
        if (outcome is { Refusal: null } && !((await store.AppliedAsync())?.Sequence >= outcome.Sequence)) return new UnmergeState(null, null);
        outcome ??= await FindLostOutcomeAsync(requestId);
        if (outcome is not { Refusal: null }) return new UnmergeState(outcome, null);
        if (await outcomes.FindReportAsync(outcome.Sequence) is { } report) return new UnmergeState(outcome, report);
        return new UnmergeState(outcome, null, await outcomes.FindFailureAsync(outcome.Sequence));
    }

    // If the linker ends before it saves an outcome, its successor saves splits again, because they are in the decision log. Refusals are not in the log, so
    // without this the request would stay pending.
    private async Task<UnlinkOutcome?> FindLostOutcomeAsync(string requestId)
    {
        if (await outcomes.FindOffsetAsync(requestId) is not { } offset || await store.LinkerPositionAsync() <= offset) return null;
        const string Message = "nothing was unmerged, and the linker ended before it could save the reason; send the request again";
        return (await outcomes.FindAsync(requestId)).Outcome ?? UnlinkOutcome.Of(new UnlinkRefusal(UnlinkRefusal.ReasonLost, Message));
    }

    /// <summary>The state of a request once it is final, or after <see cref="MaxWait"/>.</summary>
    public async Task<UnmergeState> WaitAsync(string requestId, CancellationToken stopping)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            // Redis may lose the request in the meantime. In that case, the linker still saves the outcome.
            var state = await FindAsync(requestId) ?? new UnmergeState(null, null);
            if (state.IsFinal || time.GetElapsedTime(started) > MaxWait) return state;
            await Task.Delay(PollInterval, time, stopping);
        }
    }

    public void Dispose() => _writer.Dispose();
}
