using System.Collections.Concurrent;
using cdp;
using Cdp.Identifiers;

namespace Cdp.Identity.Resolving;

/// <summary>
/// What the resolver remembers so that no event overtakes an earlier one that took the detour over the linker: the request it last sent for each
/// identifier, and for each input partition the end of the requests that a predecessor may have sent.
/// </summary>
public sealed class Detours(int capacity)
{
    private readonly Dictionary<Identifier, long> _lastRequest = new(IdentifierComparer.Instance);
    private readonly Queue<(long Offset, Identifier Identifier)> _sent = new();
    // Partitions may be lost on the loop's thread while others are being assigned on another.
    private readonly ConcurrentDictionary<int, long> _barriers = [];
    private long _floor;

    /// <summary>How many identifiers wait for the linker.</summary>
    public int Count => _lastRequest.Count;

    /// <summary>The partition is ours from here on; what its predecessor sent lies before <paramref name="requestsEnd"/>.</summary>
    public void Assigned(int partition, long requestsEnd) => _barriers[partition] = requestsEnd;

    public void Revoked(int partition) => _barriers.TryRemove(partition, out _);

    /// <summary>The linker stands at <paramref name="position"/>: what it has applied need not be remembered.</summary>
    public void Passed(long position)
    {
        // A position that goes back means that Redis lost its state. Everything waits until the linker, which then rebuilds it, is here again.
        _floor = Math.Max(_floor, position);
        while (_sent.TryPeek(out var request) && request.Offset < position)
        {
            _sent.Dequeue();
            if (_lastRequest.GetValueOrDefault(request.Identifier, -1) == request.Offset) _lastRequest.Remove(request.Identifier);
        }
    }

    /// <summary>A request was committed at this offset, which is higher than all before it.</summary>
    public void Sent(IEnumerable<Identifier> identifiers, long offset)
    {
        foreach (var identifier in identifiers)
        {
            _lastRequest[identifier] = offset;
            _sent.Enqueue((offset, identifier));
        }
        if (_sent.Count <= capacity) return;
        // The linker is far behind. Rather than remember each, all wait until it has passed the last: more detours, bounded memory.
        _floor = Math.Max(_floor, offset + 1);
        _lastRequest.Clear();
        _sent.Clear();
    }

    /// <summary>Whether an event may depend on a request that a linker at <paramref name="position"/> has not applied.</summary>
    public bool IsPending(int partition, IEnumerable<Identifier> identifiers, long position) =>
        position < _floor
        || position < _barriers.GetValueOrDefault(partition)
        || identifiers.Any(identifier => _lastRequest.TryGetValue(identifier, out var offset) && position <= offset);
}
