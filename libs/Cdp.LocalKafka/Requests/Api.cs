using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Requests;

/// <summary>One entry of the dispatch table: a kind of request, the supported versions, and its handler.</summary>
/// <param name="FlexibleSince">The first version with compact lengths and tagged fields (KIP-482), in both request and response.</param>
/// <param name="Read">Reads the body of the request.</param>
/// <param name="Handle">Handles what <paramref name="Read"/> returned. Returns null if the protocol has no response (acks=0).</param>
internal sealed record Api(
    ApiKey Key, short Min, short Max, short FlexibleSince, Func<WireReader, IWireFields> Read, Func<RequestContext, IWireFields, Task<IWireFields?>> Handle)
{
    /// <summary>An entry for requests of type <typeparamref name="TRequest"/> whose response may have to wait.</summary>
    public static Api Of<TRequest>(ApiKey key, short min, short max, short flexibleSince, Func<RequestContext, TRequest, Task<IWireFields?>> handle)
        where TRequest : class, IWireFields, new() =>
        new(key, min, max, flexibleSince, Parse<TRequest>, (context, request) => handle(context, (TRequest)request));

    /// <summary>An entry for requests that are handled synchronously.</summary>
    public static Api Of<TRequest>(ApiKey key, short min, short max, short flexibleSince, Func<RequestContext, TRequest, IWireFields?> handle)
        where TRequest : class, IWireFields, new() =>
        Of<TRequest>(key, min, max, flexibleSince, (context, request) => Task.FromResult(handle(context, request)));

    public bool IsFlexible(short version) => version >= FlexibleSince;

    // Bytes after the request are ignored, as in Kafka: librdkafka sends three extra bytes after a Metadata request for all topics.
    private static TRequest Parse<TRequest>(WireReader body) where TRequest : IWireFields, new()
    {
        var request = new TRequest();
        request.Describe(body);
        return request;
    }
}
