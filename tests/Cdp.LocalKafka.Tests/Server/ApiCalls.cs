using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Server;

namespace Cdp.LocalKafka.Tests.Server;

/// <summary>Calls the rows of the dispatch table without a connection.</summary>
internal static class ApiCalls
{
    /// <summary>The request goes through its bytes in <paramref name="version"/>; the highest one served when it is not given.</summary>
    public static async Task<TResponse> Call<TResponse>(this Api api, IWireFields request, short? version = null) where TResponse : IWireFields
    {
        var writer = new WireWriter(version ?? api.Max, api.IsFlexible(version ?? api.Max));
        request.Describe(writer);
        var context = new RequestContext("test", "/127.0.0.1", writer.Version, "test", TestContext.Current.CancellationToken);
        return (TResponse)(await api.Handle(context, api.Read(new WireReader(writer.Written, writer.Version, writer.Flexible))))!;
    }
}
