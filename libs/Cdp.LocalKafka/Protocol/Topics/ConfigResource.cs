namespace Cdp.LocalKafka.Protocol.Topics;

/// <summary>The types of resource that have configs, as the config APIs number them.</summary>
internal static class ConfigResource
{
    public const sbyte Topic = 2;
    public const sbyte Broker = 4;
}
