using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Server;

/// <summary>Tells clients which APIs and versions there are, from the table itself.</summary>
internal sealed class ApiVersionsApi
{
    private readonly List<ApiVersionRange> _ranges;

    public ApiVersionsApi(IEnumerable<Api> others)
    {
        Row = Api.Of<ApiVersionsRequest>(ApiKey.ApiVersions, 0, 4, 3, (_, _) => Task.FromResult<IWireFields?>(new ApiVersionsResponse { ApiKeys = _ranges }));
        _ranges = [.. others.Append(Row).OrderBy(api => api.Key).Select(Range)];
    }

    public Api Row { get; }

    /// <summary>The answer to a version that is not known: in version 0, naming the versions that are (KIP-511).</summary>
    public ApiVersionsResponse Unsupported() => new() { ErrorCode = ErrorCode.UnsupportedVersion, ApiKeys = [Range(Row)] };

    private static ApiVersionRange Range(Api api) => new() { ApiKey = (short)api.Key, MinVersion = api.Min, MaxVersion = api.Max };
}
