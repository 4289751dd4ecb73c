using cdp;
using Cdp.Contracts;
using Cdp.Identity.Graph;
using Cdp.Identity.Storing;
using Cdp.Streaming.Clients;
using Cdp.Streaming.Failures;
using Cdp.Streaming.Reading;
using Cdp.Streaming.Schemas;

namespace Cdp.Identity.Linking;

/// <summary>Reads identity.decisions to bring Redis up to date.</summary>
internal sealed class DecisionLog(KafkaOptions kafka, SchemaRegistry registry)
{
    private readonly AvroCodec _codec = new(registry, kafka.TopicPrefix);

    /// <summary>Passes the decisions after <paramref name="from"/> to <paramref name="apply"/>, in order of their sequence.</summary>
    /// <exception cref="ForeignStateException">The log does not continue from the position in Redis, so the graph cannot be restored from it.</exception>
    public Task ReadAsync(Applied from, Func<IReadOnlyList<LoggedDecision>, Task> apply, CancellationToken stopping)
    {
        var sequence = from.Sequence;
        return Changelog.ReadAsync(kafka, _codec, Topics.IdentityDecisions, 0, from.Offset, async changes =>
        {
            if (changes.Count == 0) return;
            LoggedDecision[] decisions = [.. changes.Select(change => new LoggedDecision(change.Offset, (IdentityDecision)change.Value!))];
            foreach (var (_, decision) in decisions)
            {
                if (decision.sequence == ++sequence) continue;
                throw new ForeignStateException(
                    $"identity.decisions continues with sequence {decision.sequence} where {sequence} was expected: a part of the log is missing, "
                    + "or Redis holds the state of another log; restore the topic, or empty Redis to rebuild it");
            }
            await apply(decisions);
        }, stopping);
    }
}
