using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Partitions;

namespace Cdp.LocalKafka.Apis;

/// <summary>
/// The open fetch sessions (KIP-227). As in Kafka there are 1000 slots. If all are in use, a new session replaces the one that has been idle the
/// longest, provided that is at least two minutes; otherwise the client gets no session. Thread-safe.
/// </summary>
internal sealed class FetchSessions(TimeProvider time)
{
    private const int None = 0;
    private const int Slots = 1000;
    private static readonly TimeSpan EvictedAfter = TimeSpan.FromMinutes(2);

    private readonly Lock _lock = new();
    private readonly Dictionary<int, FetchSession> _sessions = [];

    /// <summary>The topics of a request: the ones that it lists, or all topics of its session.</summary>
    /// <returns>An error if the session is unknown or its epoch is wrong. Otherwise the topics, and the session if the request continues one.</returns>
    public (ErrorCode Error, List<FetchTopic> Wanted, FetchSession? Session) Enter(FetchRequest request, bool byId)
    {
        lock (_lock)
        {
            if (request.SessionEpoch is FetchRequest.FirstEpoch or FetchRequest.FinalEpoch)
            {
                _sessions.Remove(request.SessionId);
                return (ErrorCode.None, request.Topics ?? [], null);
            }
            if (!_sessions.TryGetValue(request.SessionId, out var session)) return (ErrorCode.FetchSessionIdNotFound, [], null);
            if (session.Epoch != request.SessionEpoch) return (ErrorCode.InvalidFetchSessionEpoch, [], null);
            if (session.ById != byId) return (ErrorCode.FetchSessionTopicIdError, [], null);
            session.Update(request);
            if (session.IsEmpty)
            {
                _sessions.Remove(session.Id);
                return (ErrorCode.None, [], null);
            }
            session.Advance(time.GetUtcNow());
            return (ErrorCode.None, session.Wanted(), session);
        }
    }

    /// <summary>
    /// Adapts a response to its session: if the session continues, only changes are kept; if it starts with this request, everything is kept.
    /// </summary>
    public FetchResponse Leave(FetchRequest request, bool byId, FetchSession? session, FetchResponse response)
    {
        lock (_lock)
        {
            if (session is not null) session.NoteSent(response, onlyNews: true);
            else if (request.SessionEpoch != FetchRequest.FirstEpoch || response.Responses!.Count == 0 || !TryBegin(request, byId, out session))
                return response;
            else session.NoteSent(response, onlyNews: false);
            response.SessionId = session.Id;
            return response;
        }
    }

    private bool TryBegin(FetchRequest request, bool byId, [NotNullWhen(true)] out FetchSession? session)
    {
        session = null;
        var now = time.GetUtcNow();
        if (_sessions.Count >= Slots)
        {
            var idle = _sessions.Values.MinBy(open => open.LastUsed)!;
            if (now - idle.LastUsed < EvictedAfter) return false;
            _sessions.Remove(idle.Id);
        }

        int id;
        do id = RandomNumberGenerator.GetInt32(None + 1, int.MaxValue); // hard to guess, and unlikely to be reused after a restart
        while (_sessions.ContainsKey(id));
        session = new FetchSession(id, byId, now);
        session.Update(request);
        _sessions.Add(id, session);
        return true;
    }
}
