using System.Collections.Concurrent;
using cdp;
using Cdp.Identifiers.Types;

namespace Cdp.Identity.Resolving;

/// <summary>
/// The link requests that the linker has not applied yet, kept so that no event overtakes an earlier one with the same identifiers that was sent through the
/// linker. For this purpose it keeps the last request of each identifier, and for each input partition the end of the requests that its previous owner may have
/// sent.
/// </summary>
public sealed class PendingRequests(int capacity)
{
    private readonly Dictionary<Identifier, long> _lastRequest = new(IdentifierComparer.Instance);
    private readonly Queue<(long Offset, Identifier Identifier)> _sent = new();
    // Concurrent, because the loop's thread may lose partitions while others are assigned on another thread.
    private readonly ConcurrentDictionary<int, long> _barriers = [];
    private long _floor;

    /// <summary>How many identifiers wait for the linker.</summary>
    public int Count => _lastRequest.Count;

    /// <summary>Takes over a partition. Its previous owner sent no request at or after <paramref name="requestsEnd"/>.</summary>
    public void Assign(int partition, long requestsEnd) => _barriers[partition] = requestsEnd;

    public void Revoke(int partition) => _barriers.TryRemove(partition, out _);

    /// <summary>Forgets the requests that the linker has applied.</summary>
    /// <param name="position">The next offset of identity.requests that the linker has not applied.</param>
    public void Advance(long position)
    {
        // The highest position ever seen. If the position decreases, Redis has lost its state, and all events wait until the linker has rebuilt it and reached
        // this position again.
        _floor = Math.Max(_floor, position);
        while (_sent.TryPeek(out var request) && request.Offset < position)
        {
            _sent.Dequeue();
            if (_lastRequest.GetValueOrDefault(request.Identifier, -1) == request.Offset) _lastRequest.Remove(request.Identifier);
        }
    }

    /// <summary>Adds a request that was committed.</summary>
    /// <param name="identifiers">The identifiers of its event.</param>
    /// <param name="offset">Its offset in identity.requests, higher than that of any request added before.</param>
    public void Add(IEnumerable<Identifier> identifiers, long offset)
    {
        foreach (var identifier in identifiers)
        {
            _lastRequest[identifier] = offset;
            _sent.Enqueue((offset, identifier));
        }
        if (_sent.Count <= capacity) return;
        // The linker is far behind. To bound the memory, all events are treated as waiting until it has applied this request, so more events than necessary are
        // sent through the linker.
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
