"""What an event is called in a list: its type in words, and in Chinese."""

from collections.abc import Mapping

_CHINESE: Mapping[str, str] = {
    "access-table-adopted": "权限表载入账本",
    "policy-adopted": "政策文件载入账本",
    "supplement-adopted": "补充说明载入账本",
    "event-passed-over": "决定略过事件",
    "unit-registered": "列入名录",
    "unit-amended": "名录变更",
    "zone-rated-excellent": "评为优秀",
    "zone-rated-good": "评为良好",
    "zone-rated-qualified": "评为合格",
    "zone-rated-poor": "评为较差",
    "rating-corrected": "评估结果更正",
    "honour-awarded": "通报表扬",
    "central-budget-priority-granted": "享有中央预算内投资支持",
    "innovation-cluster-support-granted": "享有创新型产业集群支持",
    "demonstration-base-support-granted": "享有新型工业化产业示范基地支持",
    "manufacturing-centre-support-granted": "享有制造业创新中心支持",
    "land-guarantee-granted": "享有用地保障",
    "inspection-commendation-recommended": "建议督查激励",
    "pilot-support-granted": "享有试点示范和政策支持",
    "central-budget-priority-withdrawn": "撤销中央预算内投资支持",
    "innovation-cluster-support-withdrawn": "撤销创新型产业集群支持",
    "demonstration-base-support-withdrawn": "撤销新型工业化产业示范基地支持",
    "manufacturing-centre-support-withdrawn": "撤销制造业创新中心支持",
    "land-guarantee-withdrawn": "撤销用地保障",
    "inspection-commendation-withdrawn": "撤销督查激励建议",
    "pilot-support-withdrawn": "撤销试点示范和政策支持",
    "nothing-earned": "未获得激励",
    "entitlement-left-undetermined": "激励待明确",
    "credit-tilt-granted": "享有融资倾斜",
    "credit-tilt-withdrawn": "撤销融资倾斜",
    "no-credit-tilt-earned": "未获得融资倾斜",
    "credit-tilt-left-undetermined": "融资倾斜待明确",
}


def title(type_: str) -> str:
    """An event's type in English words and in Chinese: "Rating corrected 评估结果更正"."""
    return f"{type_.replace('-', ' ').capitalize()} {_CHINESE[type_]}"
