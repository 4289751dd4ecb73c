using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Server;

/// <summary>
/// The open fetch sessions (KIP-227). There are a thousand slots, as in Kafka; when all are taken a new one replaces the session that
/// is unused for longest, if that is two minutes, and else the client goes without. Thread-safe.
/// </summary>
internal sealed class FetchSessions(TimeProvider time)
{
    private const int None = 0;
    private const int Slots = 1000;
    private static readonly TimeSpan EvictedAfter = TimeSpan.FromMinutes(2);

    private readonly Lock _lock = new();
    private readonly Dictionary<int, FetchSession> _sessions = [];

    /// <summary>What a request asks for: its own topics, or all of its session's.</summary>
    /// <returns>An error, when there is no such session or the request is not its next; else the topics, and the session if one goes on.</returns>
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

    /// <summary>Makes an answer the session's: only the news of one that goes on, everything of one that begins here.</summary>
    public FetchResponse Leave(FetchRequest request, bool byId, FetchSession? session, FetchResponse answer)
    {
        lock (_lock)
        {
            if (session is not null) session.Told(answer, onlyNews: true);
            else if (request.SessionEpoch != FetchRequest.FirstEpoch || answer.Responses!.Count == 0 || !TryBegin(request, byId, out session)) return answer;
            else session.Told(answer, onlyNews: false);
            answer.SessionId = session.Id;
            return answer;
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
        do id = RandomNumberGenerator.GetInt32(None + 1, int.MaxValue); // not to be guessed, nor used by chance after a restart
        while (_sessions.ContainsKey(id));
        session = new FetchSession(id, byId, now);
        session.Update(request);
        _sessions.Add(id, session);
        return true;
    }
}
