using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Server;

/// <summary>One row of the dispatch table: a kind of request, the versions taken, and what answers it.</summary>
/// <param name="FlexibleSince">First version with compact lengths and tagged fields (KIP-482), in request and response alike.</param>
/// <param name="Read">Reads the request's body.</param>
/// <param name="Handle">Answers what <paramref name="Read"/> returned; null when the protocol has no answer (acks=0).</param>
internal sealed record Api(
    ApiKey Key, short Min, short Max, short FlexibleSince, Func<WireReader, IWireFields> Read, Func<RequestContext, IWireFields, Task<IWireFields?>> Handle)
{
    /// <summary>A row whose request is <typeparamref name="TRequest"/>, and whose answer may have to wait.</summary>
    public static Api Of<TRequest>(ApiKey key, short min, short max, short flexibleSince, Func<RequestContext, TRequest, Task<IWireFields?>> handle)
        where TRequest : class, IWireFields, new() =>
        new(key, min, max, flexibleSince, Parse<TRequest>, (context, request) => handle(context, (TRequest)request));

    /// <summary>A row that is answered at once.</summary>
    public static Api Of<TRequest>(ApiKey key, short min, short max, short flexibleSince, Func<RequestContext, TRequest, IWireFields?> handle)
        where TRequest : class, IWireFields, new() =>
        Of<TRequest>(key, min, max, flexibleSince, (context, request) => Task.FromResult(handle(context, request)));

    public bool IsFlexible(short version) => version >= FlexibleSince;

    // Bytes behind the request are ignored, as Kafka ignores them: librdkafka sends three behind a Metadata request for all topics.
    private static TRequest Parse<TRequest>(WireReader body) where TRequest : IWireFields, new()
    {
        var request = new TRequest();
        request.Describe(body);
        return request;
    }
}
