using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Faults;

/// <summary>The topic and partition that a fault applies to. Null means any.</summary>
internal readonly record struct FaultTarget(string? Topic, int? Partition)
{
    public bool IsNarrow => Topic is not null || Partition is not null;

    public bool Covers(string? topic) => Topic is null || Topic == topic;

    public bool Covers(string? topic, int partition) => Covers(topic) && (Partition is null || Partition == partition);
}

/// <summary>The result of refusing all or part of a request.</summary>
/// <param name="HandleRest">Whether part of the request still has to be handled.</param>
/// <param name="Answer">Builds the complete response from the response to the rest, which is null if the rest was not handled.</param>
internal sealed record Refusal(bool HandleRest, Func<IWireFields?, IWireFields> Answer);

/// <summary>Where the responses of one API carry errors, and which parts of its requests an error can refer to.</summary>
internal abstract class ErrorShape
{
    public abstract bool NamesTopics { get; }
    public abstract bool NamesPartitions { get; }

    public abstract bool Names(IWireFields request, FaultTarget target);

    /// <summary>
    /// Returns the response that makes a client resend its request in full, or null if the request is complete. An incremental fetch (KIP-227),
    /// for instance, does not list its partitions, so no fault could be matched against it.
    /// </summary>
    public virtual IWireFields? AskForFullRequest(IWireFields request) => null;

    /// <summary>Removes what <paramref name="target"/> covers from the request and reports <paramref name="error"/> for it in the response.</summary>
    public abstract Refusal Refuse(IWireFields request, short version, FaultTarget target, ErrorCode error);
}

/// <summary>One error for the entire request.</summary>
internal sealed class WholeError<TRequest>(Func<TRequest, short, ErrorCode, IWireFields> answer) : ErrorShape
{
    public override bool NamesTopics => false;
    public override bool NamesPartitions => false;

    public override bool Names(IWireFields request, FaultTarget target) => true;

    public override Refusal Refuse(IWireFields request, short version, FaultTarget target, ErrorCode error) =>
        new(HandleRest: false, _ => answer((TRequest)request, version, error));
}

/// <summary>A request with a list of items, each of which names a topic and has its own error.</summary>
/// <param name="topic">Returns the topic of an item, or null if the item does not refer to a topic.</param>
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

/// <summary>A request with partitions, each of which has its own error.</summary>
/// <param name="add">Adds the error for some partitions of a topic to a response.</param>
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

    /// <summary>Called with a request after part of it was refused and before the rest is handled.</summary>
    public Action<TRequest> Prepare { get; init; } = _ => { };

    /// <inheritdoc cref="AskForFullRequest(IWireFields)"/>
    public Func<TRequest, IWireFields?> FullRequestNeeded { get; init; } = _ => null;

    public override bool Names(IWireFields request, FaultTarget target) =>
        (topics((TRequest)request) ?? []).Exists(topic => (partitions(topic) ?? []).Exists(partition => target.Covers(name(topic), index(partition))));

    public override IWireFields? AskForFullRequest(IWireFields request) => FullRequestNeeded((TRequest)request);

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

/// <summary>A read-only request: it is handled as usual, and the errors are added to its response.</summary>
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
