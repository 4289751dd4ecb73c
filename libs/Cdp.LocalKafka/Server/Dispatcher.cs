using Cdp.LocalKafka.Apis;
using Cdp.LocalKafka.Faults;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Protocol.Serialization;
using Cdp.LocalKafka.Requests;

namespace Cdp.LocalKafka.Server;

/// <summary>Reads the header of a request, finds its handler in the dispatch table, and frames the response.</summary>
internal sealed class Dispatcher
{
    private readonly Dictionary<ApiKey, Api> _apis;
    private readonly ApiVersionsApi _versions;
    private readonly BrokerFaults _faults;

    public Dispatcher(IEnumerable<Api> apis, BrokerFaults faults)
    {
        _faults = faults;
        _apis = apis.ToDictionary(api => api.Key);
        _versions = new ApiVersionsApi(_apis.Values);
        _apis.Add(ApiKey.ApiVersions, _versions.Row);
    }

    public IReadOnlyCollection<Api> Apis => _apis.Values;

    /// <summary>Handles a request. Returns the framed response, or null if the request expects none.</summary>
    /// <exception cref="ProtocolException">The frame is malformed, or its API or version is not supported.</exception>
    /// <exception cref="ConnectionDroppedException">A fault drops the connection.</exception>
    public async Task<WireWriter?> Answer(ReadOnlyMemory<byte> frame, string clientHost, string connectionId, CancellationToken connectionClosed)
    {
        var header = RequestHeader.Read(ref frame);
        if (!_apis.TryGetValue(header.Key, out var api)) throw new ProtocolException($"a request for unknown API {(short)header.Key}");
        if (header.Version < api.Min || header.Version > api.Max)
        {
            if (header.Key == ApiKey.ApiVersions)
                return Framed(header.CorrelationId, version: 0, flexible: false, flexibleHeader: false, _versions.Unsupported());
            throw new ProtocolException($"a {header.Key} request v{header.Version}; supported are v{api.Min} to v{api.Max}");
        }

        // A handler may keep bytes of its request, such as a group's assignment, so the frame is copied. Records, the bulk of all bytes, are consumed
        // at once.
        var kept = header.Key != ApiKey.Produce;
        if (kept) frame = frame.ToArray();
        var flexible = api.IsFlexible(header.Version);
        var body = new WireReader(frame, header.Version, flexible);
        body.Tags();
        var context = new RequestContext(header.ClientId, clientHost, header.Version, connectionId, connectionClosed);
        var request = api.Read(body);
        var answer = _faults.Any ? _faults.Answer(api, context, request) : api.Handle(context, request);

        // A request that waits for other members of its group must not outlive its connection.
        var response = await (kept && !answer.IsCompleted ? answer.WaitAsync(connectionClosed) : answer).ConfigureAwait(false);

        // A client sends ApiVersions before it knows which response header the broker writes, so the header of that response never changes (KIP-511).
        return response is null ? null : Framed(header.CorrelationId, header.Version, flexible, flexible && header.Key != ApiKey.ApiVersions, response);
    }

    private static WireWriter Framed(int correlationId, short version, bool flexible, bool flexibleHeader, IWireFields response)
    {
        var writer = new WireWriter(version, flexible);
        var size = 0;
        writer.Int32(ref size);
        writer.Int32(ref correlationId);
        if (flexibleHeader) writer.Tags();
        response.Describe(writer);
        writer.CloseFrame();
        return writer;
    }
}
