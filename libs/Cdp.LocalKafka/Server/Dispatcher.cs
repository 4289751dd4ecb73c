using Cdp.LocalKafka.Faults;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Server;

/// <summary>Reads a request's header, finds its row in the table of APIs, and frames the answer.</summary>
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

    /// <summary>The framed response; null when the request wants none.</summary>
    /// <exception cref="ProtocolException">The frame is malformed, or of an API or version that was never offered.</exception>
    /// <exception cref="ConnectionDroppedException">A test wants this connection to end here.</exception>
    public async Task<WireWriter?> Answer(ReadOnlyMemory<byte> frame, string clientHost, string connectionId, CancellationToken connectionClosed)
    {
        var header = RequestHeader.Read(ref frame);
        if (!_apis.TryGetValue(header.Key, out var api)) throw new ProtocolException($"a request of unknown API {(short)header.Key}");
        if (header.Version < api.Min || header.Version > api.Max)
        {
            if (header.Key == ApiKey.ApiVersions) return Framed(header.CorrelationId, version: 0, flexible: false, flexibleHeader: false, _versions.Unsupported());
            throw new ProtocolException($"a {header.Key} request v{header.Version}; offered are v{api.Min} to v{api.Max}");
        }

        // A handler may keep bytes of its request (a group's assignment); only records, the bulk of all bytes, are used up at once.
        var kept = header.Key != ApiKey.Produce;
        if (kept) frame = frame.ToArray();
        var flexible = api.IsFlexible(header.Version);
        var body = new WireReader(frame, header.Version, flexible);
        body.Tags();
        var context = new RequestContext(header.ClientId, clientHost, header.Version, connectionId, connectionClosed);
        var request = api.Read(body);
        var answer = _faults.Any ? _faults.Answer(api, context, request) : api.Handle(context, request);

        // Who waits for the other members of a group is not held by them once the connection is gone.
        var response = await (kept && !answer.IsCompleted ? answer.WaitAsync(connectionClosed) : answer).ConfigureAwait(false);

        // A client asks for versions before it knows which header the broker writes, so that answer's header never changes (KIP-511).
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

/// <summary>The head of a request. The client id keeps its old encoding in every version, so that it can be read before the version is known.</summary>
internal readonly record struct RequestHeader(ApiKey Key, short Version, int CorrelationId, string? ClientId)
{
    /// <summary>Reads the header and leaves in <paramref name="frame"/> what follows: tagged fields, in flexible versions, and the body.</summary>
    public static RequestHeader Read(ref ReadOnlyMemory<byte> frame)
    {
        var reader = new WireReader(frame, version: 0, flexible: false);
        short key = 0, version = 0;
        var correlationId = 0;
        string? clientId = null;
        reader.Int16(ref key);
        reader.Int16(ref version);
        reader.Int32(ref correlationId);
        reader.NullableString(ref clientId);
        frame = frame[^reader.Remaining..];
        return new RequestHeader((ApiKey)key, version, correlationId, clientId);
    }
}
