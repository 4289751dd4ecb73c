using Cdp.LocalKafka.Protocol.Serialization;
using Cdp.LocalKafka.Requests;

namespace Cdp.LocalKafka.Tests.Support;

/// <summary>Calls handlers through the dispatch table, without a connection.</summary>
internal static class ApiCalls
{
    /// <summary>The request is encoded and decoded in <paramref name="version"/>, by default in the highest supported version.</summary>
    public static async Task<TResponse> Call<TResponse>(this Api api, IWireFields request, short? version = null) where TResponse : IWireFields
    {
        var writer = new WireWriter(version ?? api.Max, api.IsFlexible(version ?? api.Max));
        request.Describe(writer);
        var context = new RequestContext("test", "/127.0.0.1", writer.Version, "test", TestContext.Current.CancellationToken);
        return (TResponse)(await api.Handle(context, api.Read(new WireReader(writer.Written, writer.Version, writer.Flexible))))!;
    }
}
