using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Faults;

/// <summary>What of a request a fault is about; nulls stand for any.</summary>
internal readonly record struct FaultTarget(string? Topic, int? Partition)
{
    public bool IsNarrow => Topic is not null || Partition is not null;

    public bool Covers(string? topic) => Topic is null || Topic == topic;

    public bool Covers(string? topic, int partition) => Covers(topic) && (Partition is null || Partition == partition);
}

/// <summary>What came of refusing a request or a part of it.</summary>
/// <param name="HandleRest">Whether something is left to be handled.</param>
/// <param name="Answer">Makes the whole answer from that to the rest; from null when there was none.</param>
internal sealed record Refusal(bool HandleRest, Func<IWireFields?, IWireFields> Answer);

/// <summary>Where the answers of one API carry errors, and which parts of its requests one can be about.</summary>
internal abstract class ErrorShape
{
    public abstract bool NamesTopics { get; }
    public abstract bool NamesPartitions { get; }

    public abstract bool Names(IWireFields request, FaultTarget target);

    /// <summary>The answer to a request that does not name what it is about, which makes the client name it; null for one that does.</summary>
    public virtual IWireFields? AskWhole(IWireFields request) => null;

    /// <summary>Takes what <paramref name="target"/> covers out of the request, and puts <paramref name="error"/> in the answer for it.</summary>
    public abstract Refusal Refuse(IWireFields request, short version, FaultTarget target, ErrorCode error);
}

/// <summary>One error for the whole request.</summary>
internal sealed class WholeError<TRequest>(Func<TRequest, short, ErrorCode, IWireFields> answer) : ErrorShape
{
    public override bool NamesTopics => false;
    public override bool NamesPartitions => false;

    public override bool Names(IWireFields request, FaultTarget target) => true;

    public override Refusal Refuse(IWireFields request, short version, FaultTarget target, ErrorCode error) =>
        new(HandleRest: false, _ => answer((TRequest)request, version, error));
}

/// <summary>Each item of the request's list is answered by itself, and names a topic.</summary>
/// <param name="topic">The item's topic; null when it is not about a topic.</param>
internal sealed class ItemErrors<TRequest, TItem, TResponse>(
    Func<TRequest, List<TItem>?> items, Func<TItem, string?> topic, Action<TResponse, TItem, ErrorCode> add) : ErrorShape
    where TResponse : class, IWireFields, new()
{
    public override bool NamesTopics => true;
    public override bool NamesPartitions => false;

    public override bool Names(IWireFields request, FaultTarget target) => (items((TRequest)request) ?? []).Exists(item => target.Covers(topic(item)));

    public override Refusal Refuse(IWireFields request, short version, FaultTarget target, ErrorCode error)
    {
        var all = items((TRequest)request) ?? [];
        var refused = all.FindAll(item => target.Covers(topic(item)));
        all.RemoveAll(refused.Contains);
        return new Refusal(HandleRest: all.Count > 0, rest =>
        {
            var response = rest as TResponse ?? new TResponse();
            foreach (var item in refused) add(response, item, error);
            return response;
        });
    }
}

/// <summary>Each partition of the request is answered by itself.</summary>
/// <param name="add">Puts the error of some partitions of a topic into an answer.</param>
internal sealed class PartitionErrors<TRequest, TTopic, TPartition, TResponse>(
    Func<TRequest, List<TTopic>?> topics,
    Func<TTopic, string?> name,
    Func<TTopic, List<TPartition>?> partitions,
    Func<TPartition, int> index,
    Action<TResponse, TTopic, List<int>, ErrorCode> add) : ErrorShape
    where TResponse : class, IWireFields, new()
{
    public override bool NamesTopics => true;
    public override bool NamesPartitions => true;

    /// <summary>Told of a request of which a part was refused, before the rest is handled.</summary>
    public Action<TRequest> Prepare { get; init; } = _ => { };

    /// <inheritdoc cref="AskWhole(IWireFields)"/>
    public Func<TRequest, IWireFields?> Unnamed { get; init; } = _ => null;

    public override bool Names(IWireFields request, FaultTarget target) =>
        (topics((TRequest)request) ?? []).Exists(topic => (partitions(topic) ?? []).Exists(partition => target.Covers(name(topic), index(partition))));

    public override IWireFields? AskWhole(IWireFields request) => Unnamed((TRequest)request);

    public override Refusal Refuse(IWireFields request, short version, FaultTarget target, ErrorCode error)
    {
        var all = topics((TRequest)request) ?? [];
        var refused = new List<(TTopic Topic, List<int> Partitions)>();
        foreach (var topic in all)
        {
            var indexes = (partitions(topic) ?? []).ConvertAll(partition => index(partition)).FindAll(partition => target.Covers(name(topic), partition));
            if (indexes.Count == 0) continue;
            refused.Add((topic, indexes));
            partitions(topic)!.RemoveAll(partition => target.Covers(name(topic), index(partition)));
        }
        all.RemoveAll(topic => partitions(topic) is not { Count: > 0 });
        Prepare((TRequest)request);
        return new Refusal(HandleRest: all.Count > 0, rest =>
        {
            var response = rest as TResponse ?? new TResponse();
            foreach (var (topic, indexes) in refused) add(response, topic, indexes, error);
            return response;
        });
    }
}

/// <summary>The request only reads: it is handled, and the errors are put into its answer.</summary>
internal sealed class ReadErrors<TRequest, TResponse>(Func<TRequest, FaultTarget, bool> names, Action<TResponse, FaultTarget, ErrorCode> mark) : ErrorShape
{
    public override bool NamesTopics => true;
    public override bool NamesPartitions => true;

    public override bool Names(IWireFields request, FaultTarget target) => names((TRequest)request, target);

    public override Refusal Refuse(IWireFields request, short version, FaultTarget target, ErrorCode error) => new(HandleRest: true, answer =>
    {
        mark((TResponse)answer!, target, error);
        return answer!;
    });
}
