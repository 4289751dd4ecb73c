using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Server;

/// <summary>One row of the dispatch table: a kind of request, the versions taken, and what answers it.</summary>
/// <param name="FlexibleSince">First version with compact lengths and tagged fields (KIP-482), in request and response alike.</param>
/// <param name="Handle">Reads the request's body and answers it; null when the protocol has no answer (acks=0).</param>
internal sealed record Api(
    ApiKey Key, short Min, short Max, short FlexibleSince, Func<RequestContext, WireReader, Task<IWireFields?>> Handle)
{
    /// <summary>A row whose request is <typeparamref name="TRequest"/>. A body that does not end where the frame does is malformed.</summary>
    public static Api Of<TRequest>(ApiKey key, short min, short max, short flexibleSince, Func<RequestContext, TRequest, Task<IWireFields?>> handle)
        where TRequest : class, IWireFields, new() =>
        new(key, min, max, flexibleSince, (context, body) =>
        {
            var request = new TRequest();
            request.Describe(body);
            // Bytes behind the request are ignored, as Kafka ignores them: librdkafka sends three behind a Metadata request for all topics.
            return handle(context, request);
        });

    public bool IsFlexible(short version) => version >= FlexibleSince;
}
