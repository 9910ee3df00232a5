"""Chinese beside English: the words that people read for the contract's values."""

from collections.abc import Mapping
from typing import NamedTuple

INSTRUMENTS: Mapping[str, str] = {
    "inspection_commendation": "督查激励",
    "central_budget_priority": "中央预算内投资",
    "innovation_cluster_support": "创新型产业集群",
    "demonstration_base_support": "新型工业化示范基地",
    "manufacturing_centre_support": "制造业创新中心",
    "land_guarantee": "用地保障",
    "pilot_support": "试点示范和政策支持",
    "credit_tilt": "融资倾斜",
    "unspecified": "未列明",
}
GRADES: Mapping[str, str] = {
    "excellent": "优秀",
    "good": "良好",
    "qualified": "合格",
    "poor": "较差",
}
KINDS: Mapping[str, str] = {
    "zone": "示范区",
    "prefecture_city": "地级市",
    "separately_planned_city": "计划单列市",
    "district": "市辖区",
    "part_of_district": "市辖区的一部分",
    "base": "基地",
    "provincial_zone": "省级示范区",
    "county_park": "县城产业转型升级示范园区",
    "demonstration_park": "示范园区",
    "key_park": "重点园区",
}
CLASSES: Mapping[str, str] = {
    "national": "国家级",
    "provincial_by_reference": "省级参照享受",
    "county_by_reference": "县级参照享受",
}
STATUSES: Mapping[str, str] = {
    "granted": "享有",
    "withdrawn": "已撤销",
    "undetermined": "未定",
}
DIMENSIONS: Mapping[str, str] = {
    "financing_total": "融资总量",
    "credit_access": "授信准入",
    "guarantee": "融资担保",
}
AUTHORITIES: Mapping[str, str] = {
    "ndrc": "国家发展改革委",
    "most": "科技部",
    "miit": "工业和信息化部",
    "mnr": "自然资源部",
    "cdb": "国家开发银行",
    "state_council": "国务院",
}
WORDINGS: Mapping[str, str] = {
    "guarantee": "保障",
    "increase": "增加",
    "priority": "优先",
    "tilt": "倾斜",
    "will_support": "将支持",
    "will_study": "研究",
}
REVIEW_KINDS: Mapping[str, str] = {
    "stood": "曾有效",
    "lacked": "缺失",
}
REVIEW_STATES: Mapping[str, str] = {
    "open": "待复核",
    "lapsed": "无需复核",
    "closed": "已办结",
}
REVIEW_CAUSES: Mapping[str, str] = {
    "corrected": "评估结果更正",
    "disqualified": "取消示范区资格",
    "reversed": "撤回取消示范区资格",
}
REVIEW_OUTCOMES: Mapping[str, str] = {
    "kept": "已给予的予以保留",
    "recovered": "已给予的予以收回",
    "nothing_given": "未曾给予",
    "topped_up": "予以补给",
    "not_topped_up": "不予补给",
}
PLAN_STEPS: Mapping[str, str] = {
    "drafted": "起草",
    "recommended": "省级推荐",
    "under_assessment": "国家评估",
    "agreed_in_principle": "原则同意",
    "in_revision": "修改完善",
    "issued": "联合印发",
    "approved": "联合批复",
    "copied": "抄送",
    "amended": "修订",
    "superseded": "被替代",
}
CASE_STATES: Mapping[str, str] = {
    "applied": "已申请",
    "granted": "已批准",
    "refused": "不予批准",
    "lapsed": "失效",
    "suspended": "中止",
    "completed": "办结",
    "stopped": "终止",
    "attested": "确认前提条件",
    "failed": "认定不符合",
    "open_again": "撤回确认",
    "recovered": "收回",
}
PRECONDITION_STATES: Mapping[str, str] = {
    "open": "待确认",
    "holds": "符合",
    "fails": "不符合",
}
COUNTED: Mapping[str, str] = {
    "fen": "分",
    "square_metres": "平方米",
    "places": "个",
}
HONOUR_KINDS: Mapping[str, str] = {
    "city": "城市",
    "park": "园区",
    "project": "项目",
    "single_field": "单项",
}
VISIBILITIES: Mapping[str, str] = {
    "public": "公开",
    "subject": "告知本单位",
    "internal": "内部",
}
DEPARTMENTS: Mapping[str, str] = {
    "provincial_development": "省级发展改革部门",
    "provincial_science": "省级科技部门",
    "provincial_industry": "省级工业和信息化部门",
    "provincial_natural_resources": "省级自然资源部门",
}


class Sentence(NamedTuple):
    """What happened, for people."""

    zh: str
    en: str


def english(text: str, chinese: Mapping[str, str]) -> str:
    """The English word of a Chinese one; any other text as it is."""
    return next((word for word, known in chinese.items() if known == text), text)


def both(word: str, chinese: Mapping[str, str]) -> str:
    """The word with its Chinese beside it: "excellent 优秀"."""
    return f"{word} {chinese[word]}" if word in chinese else word
