using cdp;
using Cdp.Contracts;
using Cdp.Streaming;
using Confluent.SchemaRegistry;

namespace Cdp.Identity.Linking;

/// <summary>identity.decisions, from which Redis is caught up.</summary>
internal sealed class DecisionLog(KafkaOptions kafka, ISchemaRegistryClient registry)
{
    private readonly AvroCodec _codec = new(registry, kafka.TopicPrefix);

    /// <summary>Hands over the decisions behind <paramref name="from"/> in sequence.</summary>
    /// <exception cref="ForeignStateException">The log does not continue where Redis ends, so the graph cannot be known from it.</exception>
    public Task ReadAsync(Applied from, Func<IReadOnlyList<LoggedDecision>, Task> apply, CancellationToken stopping)
    {
        var sequence = from.Sequence;
        return Changelog.ReadAsync(kafka, _codec, Topics.IdentityDecisions, 0, from.Offset, async changes =>
        {
            if (changes.Count == 0) return;
            LoggedDecision[] decisions = [.. changes.Select(change => new LoggedDecision(change.Offset, (IdentityDecision)change.Value!))];
            foreach (var (_, decision) in decisions)
            {
                if (decision.sequence != ++sequence) throw new ForeignStateException($"identity.decisions goes on with sequence {decision.sequence} where {sequence} was expected: a part of the log is missing, or Redis holds the state of another log; restore the topic, or empty Redis to rebuild it");
            }
            await apply(decisions);
        }, stopping);
    }
}
