using Cdp.Local.Settings;

namespace Cdp.Local.Tests.Stack;

/// <summary>Options for a Local on free ports with all files in a temporary directory.</summary>
internal static class LocalDirectory
{
    public static LocalOptions Options(TemporaryDirectory directory) => new()
    {
        IngestionPort = 0,
        ProfilesPort = 0,
        IdentityPort = 0,
        FanoutPort = 0,
        ManagementPort = 0,
        RegistryPort = 0,
        KafkaPort = 0,
        RedisPort = 0,
        DataDirectory = directory.Combine("data"),
        ConfigDirectory = Directory.CreateDirectory(directory.Combine("config")).FullName,
    };
}
