using System.Diagnostics;
using System.Text;
using cdp;
using Cdp.Contracts;
using Cdp.Identity.Linking;
using Cdp.Streaming;
using Confluent.Kafka;
using Confluent.SchemaRegistry;

namespace Cdp.Identity.Answering;

/// <summary>How far an unmerge is.</summary>
/// <param name="Outcome">Null: the linker has not come to it.</param>
/// <param name="Report">What Profiles folded anew, JSON; null: not done yet.</param>
public sealed record UnmergeState(UnlinkOutcome? Outcome, string? Report)
{
    public bool IsDone => Outcome is { Refusal: not null } || Report is not null;
}

/// <summary>Asks the linker to take identifiers out of a profile, and waits for what becomes of it.</summary>
public sealed class Unmerging(KafkaOptions kafka, ISchemaRegistryClient registry, IdentityStore store, UnlinkOutcomes outcomes, TimeProvider time) : IDisposable
{
    /// <summary>How long an answer may take: the linker is a few milliseconds behind, the profiles are folded anew in seconds where much is kept.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly AvroCodec _codec = new(registry, kafka.TopicPrefix);
    private readonly Lazy<IProducer<Null, byte[]>> _producer = new(() =>
    {
        var config = kafka.Producer();
        config.MessageTimeoutMs = (int)Patience.TotalMilliseconds;
        return new ProducerBuilder<Null, byte[]>(config).SetLogHandler((_, _) => { }).Build();
    });

    /// <summary>Puts the request into the linker's order.</summary>
    /// <exception cref="KafkaException">Kafka is away; the request may have been written nevertheless, under its id.</exception>
    /// <exception cref="StackExchange.Redis.RedisException">Redis is away; as above.</exception>
    public async Task RequestAsync(string requestId, UnmergeBody body)
    {
        await outcomes.ExpectAsync(requestId);
        var request = new UnlinkRequest { requestId = requestId, identifiers = [.. body.Identifiers], reason = body.Reason, requestedAt = time.GetUtcNow().UtcDateTime };
        var message = new Message<Null, byte[]> { Value = _codec.Encode(Topics.IdentityRequests, request) };
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } trace }) message.Headers = new Headers { { TraceHeader.Name, Encoding.ASCII.GetBytes(trace) } };
        var sent = await _producer.Value.ProduceAsync(new TopicPartition(kafka.TopicPrefix + Topics.IdentityRequests.Name, 0), message);
        await outcomes.AskedAsync(requestId, sent.Offset.Value);
    }

    /// <summary>What is known of the request now; null: nothing, as of one that never was, or is older than a day.</summary>
    public async Task<UnmergeState?> FindAsync(string requestId)
    {
        var (isKnown, outcome) = await outcomes.FindAsync(requestId);
        if (!isKnown) return null;
        // The linker says it before it applies it. Whoever reads it is to find it so.
        if (outcome is { Refusal: null } && !((await store.AppliedAsync())?.Sequence >= outcome.Sequence)) return new UnmergeState(null, null);
        outcome ??= await UnsaidAsync(requestId);
        return new UnmergeState(outcome, outcome is { Refusal: null } ? await outcomes.ReportAsync(outcome.Sequence) : null);
    }

    // A split is said again by the linker's successor, a refusal is not: nothing in the log tells of it. Whoever asked would wait for ever.
    private async Task<UnlinkOutcome?> UnsaidAsync(string requestId)
    {
        if (await outcomes.OffsetAsync(requestId) is not { } offset || await store.LinkerPositionAsync() <= offset) return null;
        return (await outcomes.FindAsync(requestId)).Outcome ?? UnlinkOutcome.Of(new UnlinkRefusal(Unlink.NotSaid, "nothing was taken apart, and the linker ended before it could say why; ask again"));
    }

    /// <summary>What is known when the request is done with, or when <see cref="Patience"/> is over.</summary>
    public async Task<UnmergeState> WaitAsync(string requestId, CancellationToken stopping)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            // Redis may forget it while we wait, and is told again by the linker.
            var state = await FindAsync(requestId) ?? new UnmergeState(null, null);
            if (state.IsDone || time.GetElapsedTime(started) > Patience) return state;
            await Task.Delay(Pause, time, stopping);
        }
    }

    public void Dispose()
    {
        if (_producer.IsValueCreated) _producer.Value.Dispose();
    }
}
