using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Partitions;
using Cdp.LocalKafka.Protocol.Serialization;
using Cdp.LocalKafka.Requests;

namespace Cdp.LocalKafka.Faults;

/// <summary>The faults that a test has added to a broker. Faults that match the same request apply in the order they were added. Thread-safe.</summary>
public sealed class BrokerFaults
{
    private readonly Lock _gate = new();
    private readonly ErrorAnswers _errors;
    private readonly TimeProvider _time;
    private FaultHandle[]? _active;

    internal BrokerFaults(ErrorAnswers errors, TimeProvider time)
    {
        _errors = errors;
        _time = time;
    }

    /// <summary>Whether any fault is active. Without faults, this check is the only overhead per request.</summary>
    internal bool Any => Volatile.Read(ref _active) is not null;

    /// <summary>Activates a fault. Dispose the returned handle to remove it.</summary>
    /// <exception cref="ArgumentException">The fault does nothing, or requests of its API have no place for it.</exception>
    public FaultHandle Add(Fault fault)
    {
        if (Problem(fault) is { } problem) throw new ArgumentException(problem, nameof(fault));
        var handle = new FaultHandle(fault, Remove);
        lock (_gate) _active = [.. _active ?? [], handle];
        return handle;
    }

    /// <summary>Removes all faults.</summary>
    public void Clear()
    {
        lock (_gate) _active = null;
    }

    /// <summary>Handles a request, subject to the active faults.</summary>
    internal async Task<IWireFields?> Answer(Api api, RequestContext context, IWireFields request)
    {
        var refusals = new List<Refusal>();
        var dropped = new List<FaultHandle>();
        var active = (Volatile.Read(ref _active) ?? []).Where(handle => Concerns(handle.Fault, api.Key, context.ClientId)).ToList();
        if (active.Exists(handle => NeedsNames(handle.Fault)) && _errors.Find(api.Key)!.AskForFullRequest(request) is { } askAgain) return askAgain;
        foreach (var handle in active)
        {
            var fault = handle.Fault;
            var target = new FaultTarget(fault.Topic, fault.Partition);
            if ((target.IsNarrow && !_errors.Find(api.Key)!.Names(request, target)) || !handle.TryTake()) continue;
            if (fault.Drop == FaultDrop.AfterHandling) dropped.Add(handle);
            else handle.Count();
            if (fault.Delay > TimeSpan.Zero) await Task.Delay(fault.Delay, _time, context.ConnectionClosed).ConfigureAwait(false);
            if (fault.Drop == FaultDrop.BeforeHandling) throw new ConnectionDroppedException();
            if (fault.Error != ErrorCode.None && refusals.All(refusal => refusal.HandleRest))
                refusals.Add(_errors.Find(api.Key)!.Refuse(request, context.ApiVersion, target, fault.Error));
        }

        var response = refusals.All(refusal => refusal.HandleRest) ? await api.Handle(context, request).ConfigureAwait(false) : null;
        foreach (var refusal in refusals) response = refusal.Answer(response);
        foreach (var handle in dropped) handle.Count();

        // A producer with acks=0 reads no response; closing the connection is the only way to report an error to it, as in ProduceApi.
        if (dropped.Count > 0 || (refusals.Count > 0 && request is ProduceRequest { Acks: 0 })) throw new ConnectionDroppedException();
        return response;
    }

    private static bool Concerns(Fault fault, ApiKey api, string? clientId) => fault.Api == api && fault.ClientId?.Invoke(clientId) != false;

    private static bool NeedsNames(Fault fault) => fault.Topic is not null || fault.Partition is not null || fault.Error != ErrorCode.None;

    private string? Problem(Fault fault)
    {
        if (fault is { Error: ErrorCode.None, Drop: FaultDrop.Never } && fault.Delay <= TimeSpan.Zero) return "the fault has no error, no delay and no drop";
        if (fault.Times < 1) return $"Times is {fault.Times}; it must be at least 1, or null for no limit";
        var shape = _errors.Find(fault.Api);
        if (shape is null && fault.Error != ErrorCode.None) return $"errors cannot be injected into responses to {fault.Api}; delays and drops can";
        if (fault.Topic is not null && shape?.NamesTopics != true) return $"{fault.Api} requests do not name topics";
        if (fault.Partition is not null && shape?.NamesPartitions != true) return $"{fault.Api} requests do not name partitions";
        return null;
    }

    private void Remove(FaultHandle handle)
    {
        lock (_gate)
        {
            FaultHandle[] left = [.. (_active ?? []).Where(other => other != handle)];
            _active = left.Length == 0 ? null : left;
        }
    }
}

/// <summary>Thrown when a fault closes the connection instead of sending a response.</summary>
internal sealed class ConnectionDroppedException : Exception;
